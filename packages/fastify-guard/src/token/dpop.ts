import { createHash } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import type { Now } from '../clock.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { within } from '../within.ts';
import { type Algorithm, fitOf, isAlgorithm } from './algorithms.ts';
import { parseCompact } from './compact.ts';
import { isJsonObject } from './json-object.ts';
import { publicKeyOfJwk } from './keys.ts';
import { isSignedBy } from './signature.ts';

/** Remembers what was seen once, so that a proof is good for one request. */
export interface ReplayStore {
  /** True where the name is new; it is remembered for the given milliseconds. Rejects where it cannot say. */
  readonly first: (name: string, milliseconds: number) => Promise<boolean>;
}

/** How proofs are judged. */
export interface ProofParameters {
  readonly algorithms: readonly Algorithm[];
  /** Origin of this service as callers write it: `https://api.example`. Several where it has several names. */
  readonly origins: readonly string[];
  /** Milliseconds that the time of a proof may lie away from now. */
  readonly window: number;
  readonly replays: ReplayStore;
  readonly timeout: number;
  readonly now: Now;
}

/** The request that a proof is for. */
export interface ProvenRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly accessToken: string;
}

const privateMembers: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const bad = (reason: string): Refusal => refuse('proof-invalid', `proof-${reason}`);

/** One spelling of an address without query and fragment. Source: RFC 9449 section 4.3, item 9. */
const spelling = (address: string): string | undefined => {
  const url = URL.parse(address);
  return url === null || url.username !== '' || url.password !== '' ? undefined : `${url.origin}${url.pathname}`;
};

/**
 * Checks a DPoP proof. Gives the thumbprint of its key, to be compared with `cnf.jkt` of the token. Source: RFC 9449
 * section 4.3. Nonces of the server are not used: the window and the store of seen proofs bound a stolen one.
 */
export const checkProof = async (
  proof: string,
  request: ProvenRequest,
  parameters: ProofParameters,
): Promise<string | Refusal> => {
  const compact = parseCompact(proof, ['jwk']);
  if (compact === undefined) return bad('form');
  const { algorithm, claims } = compact;
  const jwk = compact.header['jwk'];
  if (compact.type !== 'dpop+jwt') return bad('type');
  if (!isAlgorithm(algorithm) || !parameters.algorithms.includes(algorithm)) return bad('algorithm');
  if (!isJsonObject(jwk) || privateMembers.some((name) => Object.hasOwn(jwk, name))) return bad('key');
  const key = publicKeyOfJwk(jwk);
  if (key === undefined || fitOf(key, algorithm) !== 'fits') return bad('key');

  const { htm, htu, iat, jti, ath } = claims;
  if (typeof htm !== 'string' || typeof htu !== 'string' || typeof iat !== 'number') return bad('claims');
  if (typeof jti !== 'string' || jti === '' || jti.length > 256 || typeof ath !== 'string') return bad('claims');
  if (htm !== request.method) return bad('htm');
  const address = spelling(htu);
  if (!parameters.origins.some((origin) => spelling(origin + request.target) === address)) return bad('htu');
  if (ath !== createHash('sha256').update(request.accessToken).digest('base64url')) return bad('ath');
  if (Math.abs(parameters.now() - iat * 1000) > parameters.window) return bad('time');
  if (!isSignedBy(proof, key, algorithm)) return bad('signature');
  const members = key.export({ format: 'jwk' });
  const thumbprint = await calculateJwkThumbprint(members, 'sha256');
  try {
    const name = createHash('sha256')
      .update(JSON.stringify([thumbprint, jti]))
      .digest('base64url');
    // Remembered until the proof is too old, however far in the future it was made.
    const fresh = await within(parameters.timeout, () => parameters.replays.first(name, parameters.window * 2));
    if (!fresh) return bad('replayed');
  } catch {
    return refuse('replay-unavailable', 'replay-unavailable');
  }
  return thumbprint;
};
