import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScanner } from './scanner.ts';
import type { StartTls } from './sslscan.ts';

/** One line of what testssl.sh says about a port. */
interface TestsslEntry {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

const isEntry = (value: unknown): value is TestsslEntry =>
  typeof value === 'object' && value !== null && 'id' in value && 'severity' in value && 'finding' in value;

/** What testssl.sh found on a port: the versions that are offered, and what is graded as a fault. */
export interface TestsslResult {
  readonly versions: readonly string[];
  readonly faults: readonly string[];
}

/** What is asked: versions of the protocol, and classes of suites. More takes minutes. */
const questions = ['--protocols', '--std'];
const quietly = ['--color', '0', '--warnings', 'off', '--ip', '127.0.0.1', '--nodns', 'none'];
const versions = ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1', 'TLS1_2', 'TLS1_3'];
const graded = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

/**
 * Scans one port of this machine. testssl.sh builds its handshakes itself, so it sees the suites of TLS 1.2 also where a
 * client certificate is demanded afterwards.
 */
export const testssl = async (port: number, startTls: StartTls): Promise<TestsslResult> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-testssl-'));
  try {
    const file = join(directory, 'result.json');
    await runScanner(
      'testssl',
      [
        '--quiet',
        ...questions,
        ...quietly,
        '--jsonfile',
        file,
        ...(startTls === undefined ? [] : ['--starttls', startTls]),
        // Its name, so that it is sent: a gateway turns clients away that ask for no name.
        startTls === undefined ? `localhost:${port}` : `127.0.0.1:${port}`,
      ],
      // It counts what it could not find out; 200 and more are faults of its own.
      { timeout: 240_000, answers: (code) => code < 200 },
    );
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entries = Array.isArray(parsed) ? parsed.filter(isEntry) : [];
    return {
      versions: entries
        .filter(({ id, finding }) => versions.includes(id) && finding.startsWith('offered'))
        .map(({ id }) => id),
      faults: entries.filter(({ severity }) => graded.includes(severity)).map(({ id, finding }) => `${id}: ${finding}`),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
