import type { KeyObject } from 'node:crypto';

/** Signature algorithms that an issuer may be allowed. Source: RFC 7518 section 3.1, RFC 8037, RFC 9864. */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519';

const curves: Readonly<Record<'ES256' | 'ES384' | 'ES512', string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

const hmac = new Map<string, number>([
  ['HS256', 256],
  ['HS384', 384],
  ['HS512', 512],
]);

const all: ReadonlySet<string> = new Set([
  ...hmac.keys(),
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]);

/** True for the name of an algorithm that the guard knows; `none` is not one. */
export const isAlgorithm = (name: unknown): name is Algorithm => typeof name === 'string' && all.has(name);

/** True for algorithms whose key both signs and verifies. */
export const isSymmetric = (algorithm: Algorithm): boolean => hmac.has(algorithm);

/** Whether a key can verify an algorithm; `weak` where it could, but is too short. */
export type Fit = 'fits' | 'weak' | 'other';

const look = (key: KeyObject, algorithm: Algorithm): Fit => {
  const bits = hmac.get(algorithm);
  if (bits !== undefined) {
    if (key.type !== 'secret') return 'other';
    // A key shorter than the hash weakens it. Source: RFC 7518 section 3.2.
    return (key.symmetricKeySize ?? 0) * 8 >= bits ? 'fits' : 'weak';
  }
  if (key.type !== 'public') return 'other';
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return type === 'ed25519' ? 'fits' : 'other';
  if (algorithm === 'ES256' || algorithm === 'ES384' || algorithm === 'ES512')
    return type === 'ec' && details?.namedCurve === curves[algorithm] ? 'fits' : 'other';
  if (type !== 'rsa') return 'other';
  return (details?.modulusLength ?? 0) >= 2048 ? 'fits' : 'weak';
};

/** What was found before. A key never changes, and to ask OpenSSL about it for each token costs a quarter of a signature. */
const found = new WeakMap<KeyObject, Map<Algorithm, Fit>>();

/** How a key fits an algorithm. */
export const fitOf = (key: KeyObject, algorithm: Algorithm): Fit => {
  const known = found.get(key)?.get(algorithm);
  if (known !== undefined) return known;
  const fit = look(key, algorithm);
  found.set(key, (found.get(key) ?? new Map<Algorithm, Fit>()).set(algorithm, fit));
  return fit;
};
