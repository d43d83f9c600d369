import { retry } from '../../src/support/retry.ts';
import { elements, runScanner } from './scanner.ts';

/** A protocol that carries TLS from a word of its own on. */
export type StartTls = 'postgres' | 'mysql' | undefined;

/** What sslscan found on a port. */
export interface SslscanResult {
  /** `tls1.2`, `ssl3`: versions that the server takes. */
  readonly versions: readonly string[];
  /** Suites that are weak, with the reason. */
  readonly weak: readonly string[];
  /** Other faults: compression, Heartbleed, a key that is too short. */
  readonly faults: readonly string[];
}

const options: Readonly<Record<NonNullable<StartTls>, string>> = {
  postgres: '--starttls-psql',
  mysql: '--starttls-mysql',
};

/** All but authenticated encryption with keys of 128 bits and more, and forward secrecy (RFC 9325, 4.1 and 4.2). */
const whyWeak = (suite: ReadonlyMap<string, string>): string | undefined => {
  const [name = '', strength = '', bits = '0'] = [suite.get('cipher'), suite.get('strength'), suite.get('bits')];
  if (['null', 'anonymous', 'weak', 'medium'].includes(strength)) return `${name}: ${strength}`;
  if (Number(bits) < 128) return `${name}: ${bits} bits`;
  if (!/GCM|CHACHA20|CCM(?!8)/.test(name)) return `${name}: no authenticated encryption`;
  return /^TLS_|^ECDHE-|^DHE-/.test(name) ? undefined : `${name}: no forward secrecy`;
};

const document = (port: number, startTls: StartTls): Promise<string> =>
  runScanner(
    'sslscan',
    [
      '--no-colour',
      '--xml=-',
      '--sni-name=localhost',
      ...(startTls === undefined ? [] : [options[startTls]]),
      `127.0.0.1:${port}`,
    ],
    { timeout: 120_000, answers: (code) => code === 0 },
  );

/**
 * Scans one port of this machine. A server that demands a certificate may hang up in the middle of a question; such a scan
 * has found out nothing, and is made again. One that is always cut off is an error.
 */
export const sslscan = async (port: number, startTls: StartTls): Promise<SslscanResult> => {
  const xml = await retry(() => document(port, startTls), { within: 60_000, first: 500 });
  return {
    versions: elements(xml, 'protocol')
      .filter((each) => each.get('enabled') === '1')
      .map((each) => `${each.get('type') ?? ''}${each.get('version') ?? ''}`),
    weak: elements(xml, 'cipher').flatMap((suite) => whyWeak(suite) ?? []),
    faults: [
      ...elements(xml, 'compression').flatMap((each) => (each.get('supported') === '1' ? ['compression (CRIME)'] : [])),
      ...elements(xml, 'heartbleed').flatMap((each) => (each.get('vulnerable') === '1' ? ['Heartbleed'] : [])),
      ...elements(xml, 'pk').flatMap((each) => (each.get('error') === 'true' ? ['a key without a type'] : [])),
    ],
  };
};
