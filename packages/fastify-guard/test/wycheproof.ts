import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Go module of the vectors at a commit of 2026-09-02, and its checksum. */
const version = 'github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a';
const checksum = 'h1:pNbL2nztRsWfW/ispAwsvcDFxs9Id38uIsR2/Up5G2c=';

/** One signature and what a verifier must say of it. */
export interface Vector {
  readonly id: number;
  readonly jws: string;
  readonly valid: boolean;
}

/** Vectors for one key. */
export interface VectorGroup {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly vectors: readonly Vector[];
}

interface File {
  readonly testGroups: readonly {
    readonly public?: Readonly<Record<string, unknown>>;
    readonly private: Readonly<Record<string, unknown>>;
    readonly tests: readonly { tcId: number; jws: unknown; result: string }[];
  }[];
}

/** The JWS vectors of C2SP/wycheproof, fetched with Go's own client; a text that says why not where they cannot be had. */
export const jwsVectors = async (): Promise<readonly VectorGroup[] | string> => {
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', version], { cwd: tmpdir(), timeout: 120_000 });
    const module: { readonly Dir?: string; readonly Sum?: string } = JSON.parse(stdout);
    if (module.Dir === undefined || module.Sum !== checksum) return 'the module is not the one that was pinned';
    const text = await readFile(join(module.Dir, 'testvectors_v1', 'json_web_signature_test.json'), 'utf8');
    const file: File = JSON.parse(text);
    return file.testGroups.map((group) => ({
      jwk: group.public ?? group.private,
      vectors: group.tests.map(({ tcId, jws, result }) => ({
        id: tcId,
        jws: typeof jws === 'string' ? jws : JSON.stringify(jws),
        valid: result === 'valid',
      })),
    }));
  } catch (error) {
    return `Go could not bring the module: ${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : ''}`;
  }
};
