import type { JsonObject } from './json-object.ts';

/** Claims whose types are proven. Times in seconds since the epoch. */
export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly expires: number;
  readonly issued: number | undefined;
  readonly notBefore: number | undefined;
  readonly tokenId: string | undefined;
  readonly client: string | undefined;
  /** RFC 7800: what the sender has to prove. */
  readonly confirmation: { readonly certificate?: string; readonly key?: string };
  readonly all: JsonObject;
}

/** Why claims were not accepted, for the log. */
export type ClaimFault =
  | 'claim-type'
  | 'claim-missing'
  | 'confirmation-unknown'
  | 'lifetime-too-long'
  | 'issued-in-future'
  | 'not-yet-valid'
  | 'audience'
  | 'id-token';

/** What an issuer's tokens have to hold. */
export interface ClaimRules {
  readonly audiences: readonly string[];
  readonly required: readonly string[];
  /** Longest `exp - iat`, and longest time until `exp`, in seconds. */
  readonly longestLife: number;
  /** How far clocks may differ, in seconds. */
  readonly tolerance: number;
}

const longestText = 1024;
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestText && !/\p{Cc}/u.test(value);
/** Seconds since the epoch; fractions are allowed by RFC 7519, nonsense is not. */
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 100_000_000_000;
const isOptional = <Value>(value: unknown, is: (value: unknown) => value is Value): value is Value | undefined =>
  value === undefined || is(value);

const audiencesOf = (aud: unknown): readonly string[] | undefined => {
  if (isText(aud)) return [aud];
  return Array.isArray(aud) && aud.length > 0 && aud.every(isText) ? aud : undefined;
};

/** Members of `cnf` that are understood; a binding that cannot be checked would be no binding. */
const confirmationOf = (cnf: unknown): Claims['confirmation'] | undefined => {
  if (cnf === undefined) return {};
  if (typeof cnf !== 'object' || cnf === null) return undefined;
  const entries = new Map<string, unknown>(Object.entries(cnf));
  const certificate = entries.get('x5t#S256');
  const key = entries.get('jkt');
  const known = (certificate === undefined ? 0 : 1) + (key === undefined ? 0 : 1);
  if (known === 0 || known !== entries.size || !isOptional(certificate, isText) || !isOptional(key, isText))
    return undefined;
  return { ...(certificate === undefined ? {} : { certificate }), ...(key === undefined ? {} : { key }) };
};

/** Reads claims; the issuer has been found by `iss` already. Source: RFC 7519 section 4.1, RFC 9068 section 2.2. */
export const readClaims = (all: JsonObject, rules: ClaimRules): Claims | ClaimFault => {
  const { iss, sub, aud, exp, iat, nbf, jti, client_id: client, cnf } = all;
  if (rules.required.some((name) => all[name] === undefined || all[name] === null)) return 'claim-missing';
  const audiences = audiencesOf(aud);
  if (!isText(iss) || !isText(sub) || audiences === undefined || !isTime(exp)) return 'claim-type';
  if (!isOptional(iat, isTime) || !isOptional(nbf, isTime)) return 'claim-type';
  if (!isOptional(jti, isText) || !isOptional(client, isText)) return 'claim-type';
  // An ID token tells a client who logged in; it is no permission to call anything.
  if (['nonce', 'at_hash', 'c_hash', 's_hash'].some((name) => Object.hasOwn(all, name))) return 'id-token';
  if (!audiences.some((audience) => rules.audiences.includes(audience))) return 'audience';
  const confirmation = confirmationOf(cnf);
  if (confirmation === undefined) return 'confirmation-unknown';
  return {
    issuer: iss,
    subject: sub,
    audiences,
    expires: exp,
    issued: iat,
    notBefore: nbf,
    tokenId: jti,
    client,
    confirmation,
    all,
  };
};

/** What the time says; `now` in milliseconds. `expired` is told apart, because the caller may be told so. */
export const judgeTimes = (claims: Claims, rules: ClaimRules, now: number): ClaimFault | 'expired' | undefined => {
  const seconds = now / 1000;
  if (claims.issued !== undefined && claims.issued > seconds + rules.tolerance) return 'issued-in-future';
  if (claims.notBefore !== undefined && claims.notBefore > seconds + rules.tolerance) return 'not-yet-valid';
  if (claims.expires <= seconds - rules.tolerance) return 'expired';
  if (claims.expires > seconds + rules.longestLife + rules.tolerance) return 'lifetime-too-long';
  if (claims.issued !== undefined && claims.expires - claims.issued > rules.longestLife) return 'lifetime-too-long';
  return undefined;
};
