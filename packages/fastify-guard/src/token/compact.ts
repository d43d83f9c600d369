import { decodeBase64url } from './base64url.ts';
import { type JsonObject, parseJsonObject } from './json-object.ts';

/** A compact JWS whose form is sound; nothing of it is proven yet. */
export interface Jws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** Lower case, without `application/`. */
  readonly type: string | undefined;
}

/** A compact JWS whose payload is claims. */
export interface Compact extends Jws {
  readonly claims: JsonObject;
}

/** Longest token in characters; larger ones cost time before anything is proven. */
export const longestToken = 8 * 1024;
const longestKeyId = 256;

/**
 * Header parameters that make a verifier fetch or trust a key of the sender's, change what is signed, or put another token
 * inside. Source: RFC 7515 section 4.1, RFC 7516, RFC 7797, RFC 8725 section 3.10.
 */
const forbidden: readonly string[] = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc', 'epk', 'p2s', 'cty'];

/** True for text without control characters. */
const isPlain = (text: string): boolean => !/\p{Cc}/u.test(text);

/**
 * The gate before any cryptography: size, three canonical parts, an unambiguous header without dangerous parameters. `allowed` names
 * parameters that are not dangerous here (`jwk` in a DPoP proof).
 */
export const parseJws = (token: string, allowed: readonly string[] = []): Jws | undefined => {
  if (token.length > longestToken) return undefined;
  const [first, second, third, ...more] = token.split('.');
  if (first === undefined || second === undefined || third === undefined || more.length > 0 || third === '')
    return undefined;
  const headerBytes = decodeBase64url(first);
  const payload = decodeBase64url(second);
  if (headerBytes === undefined || payload === undefined || decodeBase64url(third) === undefined) return undefined;
  const header = parseJsonObject(headerBytes);
  if (header === undefined) return undefined;
  if (forbidden.some((name) => Object.hasOwn(header, name) && !allowed.includes(name))) return undefined;
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return undefined;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > longestKeyId || !isPlain(kid)))
    return undefined;
  if (typ !== undefined && typeof typ !== 'string') return undefined;
  return { header, payload, algorithm: alg, keyId: kid, type: typ?.toLowerCase().replace(/^application\//, '') };
};

/** The gate, and a payload that is one unambiguous JSON object. */
export const parseCompact = (token: string, allowed: readonly string[] = []): Compact | undefined => {
  const jws = parseJws(token, allowed);
  const claims = jws === undefined ? undefined : parseJsonObject(jws.payload);
  return jws === undefined || claims === undefined ? undefined : { ...jws, claims };
};
