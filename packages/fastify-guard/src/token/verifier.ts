import type { Identity } from '../identity.ts';
import type { Now } from '../clock.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { isAlgorithm } from './algorithms.ts';
import { type Claims, judgeTimes, readClaims } from './claims.ts';
import { parseCompact } from './compact.ts';
import type { Issuer } from './issuer.ts';
import { type JsonObject, isJsonObject } from './json-object.ts';
import { KeysUnavailable, type VerificationKey } from './keys.ts';
import type { Revocations } from './revocation.ts';
import { isSignedBy } from './signature.ts';
import { createVerifiedCache } from './verified.ts';
import { within } from '../within.ts';

/** A token whose signature, issuer, audience, type, claims and times were proven, and that nobody revoked. */
export interface VerifiedToken {
  readonly claims: Claims;
  readonly identity: Identity;
  readonly bound: 'optional' | 'required';
}

/** Verifies compact access tokens. */
export interface TokenVerifier {
  /** At once where the token is remembered and nobody has to be asked about revocation. */
  readonly verify: (token: string) => VerifiedToken | Refusal | Promise<VerifiedToken | Refusal>;
}

/** How it verifies. Times in milliseconds. */
export interface VerifierParameters {
  readonly issuers: readonly Issuer[];
  readonly revocations: Revocations | undefined;
  /** Milliseconds for one question about revocation. */
  readonly revocationTimeout: number;
  readonly now: Now;
  /** How many verified tokens are remembered; 0 for none. */
  readonly cacheSize: number;
  /** Longest time that one is remembered. */
  readonly cacheTime: number;
}

interface Proven {
  readonly issuer: Issuer;
  readonly key: VerificationKey;
  readonly token: VerifiedToken;
}

const texts = (claims: JsonObject, path: readonly string[]): readonly string[] => {
  let value: unknown = claims;
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof value === 'string') return value.split(' ').filter((part) => part !== '');
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : [];
};

const identityOf = (claims: Claims, issuer: Issuer): Identity => ({
  by: 'jwt',
  issuer: claims.issuer,
  subject: claims.subject,
  roles: texts(claims.all, issuer.rolesClaim).filter((role) => issuer.grants?.has(role) ?? true),
  scopes: texts(claims.all, issuer.scopesClaim),
  ...(claims.client === undefined ? {} : { client: claims.client }),
  ...(claims.tokenId === undefined ? {} : { tokenId: claims.tokenId }),
  claims: claims.all,
});

/** Makes a verifier. Every refusal but an expired token looks the same to the caller; `reason` is for the log. */
export const createTokenVerifier = (parameters: VerifierParameters): TokenVerifier => {
  const { revocations, now } = parameters;
  const issuers = new Map(parameters.issuers.map((issuer) => [issuer.name, issuer]));
  const cache = createVerifiedCache<Proven>(parameters.cacheSize, now);

  const prove = async (text: string): Promise<Proven | Refusal> => {
    const compact = parseCompact(text);
    if (compact === undefined) return refuse('token-invalid', 'form');
    const name = compact.claims['iss'];
    const issuer = typeof name === 'string' ? issuers.get(name) : undefined;
    if (issuer === undefined) return refuse('token-invalid', 'issuer');
    const { algorithm } = compact;
    if (!issuer.algorithms.has(algorithm) || !isAlgorithm(algorithm)) return refuse('token-invalid', 'algorithm');
    if (!issuer.types.has(compact.type ?? '')) return refuse('token-invalid', 'type');
    const claims = readClaims(compact.claims, issuer.rules);
    if (typeof claims === 'string') return refuse('token-invalid', claims);
    const key = await issuer.keys.find(compact.keyId, algorithm);
    if (key === undefined) return refuse('token-invalid', 'key');
    if (!isSignedBy(text, key.key, algorithm)) return refuse('token-invalid', 'signature');
    const token = { claims, identity: identityOf(claims, issuer), bound: issuer.bound };
    return { issuer, key, token };
  };

  const revoked = async (claims: Claims): Promise<Refusal | undefined> => {
    if (revocations === undefined) return undefined;
    const { issuer, tokenId } = claims;
    if (tokenId === undefined) return refuse('token-invalid', 'claim-missing');
    try {
      const answer = revocations.isRevoked({ issuer, tokenId });
      const known: unknown =
        typeof answer === 'boolean' ? answer : await within(parameters.revocationTimeout, () => answer);
      return known === false ? undefined : refuse('token-invalid', 'revoked');
    } catch {
      return refuse('revocation-unavailable', 'revocation-unavailable');
    }
  };

  /** What the time says about a token whose signature was proven. */
  const judge = ({ token, issuer }: Proven): Refusal | undefined => {
    const fault = judgeTimes(token.claims, issuer.rules, now());
    return fault === undefined ? undefined : refuse(fault === 'expired' ? 'token-expired' : 'token-invalid', fault);
  };

  const verifyNew = async (text: string): Promise<VerifiedToken | Refusal> => {
    let proven: Proven | Refusal;
    try {
      proven = await prove(text);
    } catch (error) {
      if (error instanceof KeysUnavailable) return refuse('keys-unavailable', 'keys-unavailable');
      throw error;
    }
    if ('problem' in proven) return proven;
    const fault = judge(proven);
    if (fault !== undefined) return fault;
    const { claims } = proven.token;
    cache.set(text, proven, Math.min(claims.expires * 1000, now() + parameters.cacheTime));
    return (await revoked(claims)) ?? proven.token;
  };

  return {
    verify: (text) => {
      const held = cache.get(text);
      if (held === undefined || !held.issuer.keys.holds(held.key)) return verifyNew(text);
      const fault = judge(held);
      if (fault !== undefined) return fault;
      const { token } = held;
      if (revocations === undefined) return token;
      return revoked(token.claims).then((refusal) => refusal ?? token);
    },
  };
};
