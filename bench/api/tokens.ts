import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto';
import type { PublicKey } from './settings.ts';

/** How tokens of a run are signed. */
export type SigningAlgorithm = 'ES256' | 'EdDSA';

/** Signs the access tokens of a run. */
export interface TokenSigner {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly PublicKey[];
  /** As many different tokens of one administrator as are asked for, good for an hour. */
  readonly tokens: (algorithm: SigningAlgorithm, count: number) => readonly string[];
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a key of each algorithm that only this process knows. Tokens are of the form of RFC 9068. */
export const createTokenSigner = (): TokenSigner => {
  const [issuer, audience] = ['https://issuer.example', 'https://api.example'];
  const pairs: Readonly<Record<SigningAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }>> = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
  const keys = Object.entries(pairs).map(([id, { publicKey }]) => ({
    id,
    key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }));
  return {
    issuer,
    audience,
    keys,
    tokens: (algorithm, count) => {
      const now = Math.floor(Date.now() / 1000);
      const header = encode({ alg: algorithm, kid: algorithm, typ: 'at+jwt' });
      const common = { iss: issuer, aud: audience, sub: 'u-17', client_id: 'bench', iat: now, exp: now + 3600 };
      const key = { key: pairs[algorithm].privateKey, dsaEncoding: 'ieee-p1363' } as const;
      return Array.from({ length: count }, (_, number) => {
        const signed = `${header}.${encode({ ...common, jti: `${algorithm}-${number}`, roles: ['admin'] })}`;
        const hash = algorithm === 'ES256' ? 'sha256' : null;
        return `${signed}.${sign(hash, Buffer.from(signed), key).toString('base64url')}`;
      });
    },
  };
};
