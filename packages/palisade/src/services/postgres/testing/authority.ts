import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../support/exec.ts';

/** A certificate with its key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a test certificate says. */
export interface Request {
  readonly commonName: string;
  /** DNS names. */
  readonly names?: readonly string[];
  /** Days from now; negative for one that has expired. */
  readonly days?: number;
}

/** A throwaway authority. */
export interface Authority {
  readonly certificate: string;
  readonly issue: (request: Request) => Promise<Identity>;
}

const openssl = async (directory: string, args: readonly string[]): Promise<void> => {
  const outcome = await run('openssl', args, { workingDirectory: directory, timeout: 10_000 });
  assert.equal(outcome.exitCode, 0, outcome.stderr);
};

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

const inScratch = async <T>(use: (directory: string) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-authority-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** Makes an authority that nobody trusts outside of a test. */
export const createAuthority = async (name: string): Promise<Authority> => {
  const own = await inScratch(async (directory) => {
    await openssl(directory, [
      'req',
      '-x509',
      ...newKey,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
      '-keyout',
      'key',
      '-out',
      'cert',
    ]);
    return {
      cert: await readFile(join(directory, 'cert'), 'utf8'),
      key: await readFile(join(directory, 'key'), 'utf8'),
    };
  });
  return {
    certificate: own.cert,
    issue: ({ commonName, names = [], days = 1 }) =>
      inScratch(async (directory) => {
        await writeFile(join(directory, 'ca'), own.cert);
        await writeFile(join(directory, 'ca-key'), own.key, { mode: 0o600 });
        const extensions = names.length === 0 ? '' : `subjectAltName=${names.map((each) => `DNS:${each}`).join(',')}\n`;
        await writeFile(join(directory, 'extensions'), extensions);
        await openssl(directory, ['req', ...newKey, '-subj', `/CN=${commonName}`, '-keyout', 'key', '-out', 'request']);
        await openssl(directory, [
          'x509',
          '-req',
          '-in',
          'request',
          '-CA',
          'ca',
          '-CAkey',
          'ca-key',
          '-days',
          String(days),
          '-extfile',
          'extensions',
          '-out',
          'cert',
        ]);
        return {
          cert: await readFile(join(directory, 'cert'), 'utf8'),
          key: await readFile(join(directory, 'key'), 'utf8'),
        };
      }),
  };
};
