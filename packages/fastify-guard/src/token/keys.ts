import { type JsonWebKey, type KeyObject, createPublicKey, createSecretKey } from 'node:crypto';
import { Secret } from '@palisade/vault/secret';
import { GuardError } from '../errors.ts';
import { type Algorithm, fitOf, isSymmetric } from './algorithms.ts';
import { type JsonObject, isJsonObject } from './json-object.ts';

/** A key that the application brings itself. */
export interface LocalKey {
  /** `kid` of the tokens that it verifies; may be absent where the issuer has one key alone. */
  readonly id?: string;
  /** PEM or JWK of a public key; a `Secret` with the raw text, or bytes, for HMAC. */
  readonly key: string | JsonObject | KeyObject | Secret | Uint8Array;
}

/** A key that can verify, and the tokens that it may verify. */
export interface VerificationKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
}

/** Where the keys of an issuer are found. */
export interface KeySource {
  /** The key for a token, `undefined` where there is none. Rejects with `KeysUnavailable` where nobody can say. */
  readonly find: (keyId: string | undefined, algorithm: Algorithm) => Promise<VerificationKey | undefined>;
  /** True while a key that was found still belongs to the issuer. */
  readonly holds: (key: VerificationKey) => boolean;
}

/** The keys of an issuer cannot be asked for: whether a token is good is not known. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The one key for a token. A token that names a key gets that key or none; one that names none is verified only where one
 * single key is possible, because trying keys in turn would let the sender choose.
 */
export const chooseKey = (
  keys: readonly VerificationKey[],
  keyId: string | undefined,
  algorithm: Algorithm,
): VerificationKey | undefined => {
  const fitting = keys.filter((key) => key.algorithms.includes(algorithm));
  if (keyId === undefined) return fitting.length === 1 ? fitting[0] : undefined;
  // Two keys under one name would let the sender choose too.
  const named = keys.filter(({ id }) => id === keyId);
  return named.length === 1 && named[0] !== undefined && fitting.includes(named[0]) ? named[0] : undefined;
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Reads the public part of a JWK; `undefined` where it is none. */
export const publicKeyOfJwk = (jwk: JsonObject): KeyObject | undefined => {
  try {
    const { kty, crv, n, e, x, y } = jwk;
    const members = Object.entries({ kty, crv, n, e, x, y }).flatMap(([name, value]) => {
      const found = text(value);
      return found === undefined ? [] : [[name, found] as const];
    });
    const key: JsonWebKey = Object.fromEntries(members);
    if (key.kty === 'oct') return undefined;
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
};

/** The allowed algorithms that a JWK of an issuer serves: none where its `use`, `key_ops` or `alg` say otherwise. */
export const algorithmsOfJwk = (
  jwk: JsonObject,
  key: KeyObject,
  allowed: readonly Algorithm[],
): readonly Algorithm[] => {
  const { use, alg, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return [];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return [];
  return allowed.filter(
    (algorithm) =>
      fitOf(key, algorithm) === 'fits' && (alg === undefined || alg === algorithm) && !isSymmetric(algorithm),
  );
};

const keyObject = ({ key }: LocalKey, where: string): KeyObject => {
  try {
    if (key instanceof Secret) return createSecretKey(Buffer.from(key.reveal(), 'utf8'));
    if (key instanceof Uint8Array) return createSecretKey(key);
    // A private key given by mistake is reduced to its public half, so that the guard holds nothing that signs.
    if (typeof key === 'string') return createPublicKey(key);
    if ('asymmetricKeyType' in key || 'symmetricKeySize' in key) {
      const object: KeyObject | JsonObject = key;
      if (isKeyObject(object)) return object.type === 'private' ? createPublicKey(object) : object;
    }
    const read = isJsonObject(key) ? publicKeyOfJwk(key) : undefined;
    if (read !== undefined) return read;
  } catch {
    // What the parser says can quote the key.
  }
  throw new GuardError('guard/key-invalid', `${where} is no key`);
};
const isKeyObject = (value: KeyObject | JsonObject): value is KeyObject =>
  'export' in value && typeof value['export'] === 'function';

/** Reads local keys. Throws GuardError `guard/key-invalid` and `guard/key-weak`. */
export const readLocalKeys = (
  keys: readonly LocalKey[],
  allowed: readonly Algorithm[],
  where: string,
): readonly VerificationKey[] => {
  if (keys.length === 0) throw new GuardError('guard/key-invalid', `${where} has no key`);
  const names = keys.map(({ id }) => id);
  if (new Set(names).size < names.length || (keys.length > 1 && names.includes(undefined)))
    throw new GuardError('guard/key-invalid', `${where} has several keys, and each needs an id of its own`);
  return keys.map((local, index) => {
    const name = `${where}[${local.id ?? index}]`;
    const key = keyObject(local, name);
    const fits = allowed.map((algorithm) => ({ algorithm, fit: fitOf(key, algorithm) }));
    const algorithms = fits.flatMap(({ algorithm, fit }) => (fit === 'fits' ? [algorithm] : []));
    if (algorithms.length === 0)
      throw fits.some(({ fit }) => fit === 'weak')
        ? new GuardError('guard/key-weak', `${name} is too short for ${allowed.join(', ')}`)
        : new GuardError('guard/key-invalid', `${name} fits none of ${allowed.join(', ')}`);
    return { id: local.id, key, algorithms };
  });
};

/** Keys that the application holds; `replace` swaps them, and tokens of those that are gone are refused at once. */
export const createLocalKeys = (
  first: readonly VerificationKey[],
): KeySource & { readonly replace: (keys: readonly VerificationKey[]) => void } => {
  let keys = first;
  return {
    find: async (keyId, algorithm) => chooseKey(keys, keyId, algorithm),
    holds: (key) => keys.some((held) => held === key || (held.id === key.id && held.key.equals(key.key))),
    replace: (next) => {
      keys = next;
    },
  };
};
