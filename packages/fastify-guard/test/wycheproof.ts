import { readFile } from 'node:fs/promises';

/** Where the set-up of the tests keeps them. */
const kept = new URL('../../../.cache/tools/wycheproof-20260902/json_web_signature_test.json', import.meta.url);

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

/** The JWS vectors of C2SP/wycheproof; a text that says why not where the set-up could not bring them. */
export const jwsVectors = async (): Promise<readonly VectorGroup[] | string> => {
  let text: string;
  try {
    text = await readFile(kept, 'utf8');
  } catch {
    return 'the vectors of C2SP/wycheproof are not here; the set-up of npm test says why';
  }
  const file: File = JSON.parse(text);
  return file.testGroups.map((group) => ({
    jwk: group.public ?? group.private,
    vectors: group.tests.map(({ tcId, jws, result }) => ({
      id: tcId,
      jws: typeof jws === 'string' ? jws : JSON.stringify(jws),
      valid: result === 'valid',
    })),
  }));
};
