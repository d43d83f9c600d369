import { GuardError } from '../errors.ts';
import { type Options, requireText, requireTexts, requireWholeNumber, unknownOptions } from '../options/check.ts';
import { type Algorithm, isAlgorithm, isSymmetric } from './algorithms.ts';
import type { ClaimRules } from './claims.ts';
import { type JwksTimes, createJwks, usualTimes } from './jwks.ts';
import { type KeySource, type LocalKey, createLocalKeys, readLocalKeys } from './keys.ts';
import type { Now } from '../clock.ts';

/** A published key set: at an address, or found through `/.well-known/openid-configuration` of the issuer. */
export interface PublishedKeys {
  readonly jwks?: string;
  readonly discover?: true;
  /** PEM of the authorities of the server; those of Node.js where absent. */
  readonly authorities?: string;
  /** Allows `http:`, for a development server. */
  readonly plaintext?: boolean;
  readonly times?: Partial<JwksTimes>;
}

/** Somebody whose tokens are accepted, and which of them. */
export interface IssuerOptions {
  /** `iss`, compared exactly. */
  readonly issuer: string;
  /** What this service is called in `aud`. */
  readonly audience: string | readonly string[];
  /** The only algorithms that are accepted. */
  readonly algorithms: readonly Algorithm[];
  readonly keys: { readonly local: readonly LocalKey[] } | PublishedKeys;
  /** Accepted `typ`; `at+jwt` alone where absent, so that no ID or refresh token is taken for an access token (RFC 9068). */
  readonly types?: readonly string[];
  /** Claims that must be there; those of RFC 9068 where absent. */
  readonly required?: readonly string[];
  /** Seconds that a token may live; 3600 where absent. */
  readonly longestLife?: number;
  /** Where roles are, as a path: `roles` where absent, `realm_access.roles` for Keycloak. One text or a list of texts. */
  readonly rolesClaim?: string;
  /** Where scopes are; `scope` where absent. A text with spaces or a list of texts. */
  readonly scopesClaim?: string;
  /** The only roles that this issuer can give; all where absent. */
  readonly grants?: readonly string[];
  /** `required`: only tokens that are bound to a certificate or a key (RFC 8705, RFC 9449). */
  readonly bound?: 'optional' | 'required';
}

/** An issuer that is ready to be asked. */
export interface Issuer {
  readonly name: string;
  readonly algorithms: ReadonlySet<string>;
  readonly keys: KeySource;
  readonly types: ReadonlySet<string>;
  readonly rules: ClaimRules;
  readonly rolesClaim: readonly string[];
  readonly scopesClaim: readonly string[];
  readonly grants: ReadonlySet<string> | undefined;
  readonly bound: 'optional' | 'required';
  /** Swaps local keys; absent for published ones. */
  readonly replaceKeys?: (keys: readonly LocalKey[]) => void;
}

const names: readonly (keyof IssuerOptions)[] = [
  'issuer',
  'audience',
  'algorithms',
  'keys',
  'types',
  'required',
  'longestLife',
  'rolesClaim',
  'scopesClaim',
  'grants',
  'bound',
];

/** Source: RFC 9068 section 2.2. `nbf` is not among them. */
const accessTokenClaims: readonly string[] = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

const checkAlgorithms = (algorithms: readonly Algorithm[], where: string): void => {
  if (algorithms.length === 0 || !algorithms.every(isAlgorithm))
    throw new GuardError('guard/option-invalid', `${where}.algorithms must name algorithms that the guard knows`);
  if (algorithms.some(isSymmetric) && !algorithms.every(isSymmetric))
    throw new GuardError('guard/option-invalid', `${where}.algorithms mixes shared and public keys`);
};

/** What the makers of issuers are given. */
export interface IssuerSurroundings {
  readonly now: Now;
  /** Seconds. */
  readonly tolerance: number;
  /** Needs `jti`, because tokens can be revoked by it. */
  readonly needsTokenId: boolean;
  /** Ends fetches. */
  readonly signal: AbortSignal;
  readonly failed: (issuer: string, reason: string) => void;
}

const checkAddress = (text: string, plaintext: boolean, where: string): void => {
  const url = URL.parse(text);
  if (url === null || !(url.protocol === 'https:' || (plaintext && url.protocol === 'http:')))
    throw new GuardError('guard/option-invalid', `${where} must be an https address`);
};

const publishedKeys = (
  issuer: string,
  keys: PublishedKeys,
  algorithms: readonly Algorithm[],
  where: string,
  { now, signal, failed }: IssuerSurroundings,
): KeySource => {
  unknownOptions(keys, ['jwks', 'discover', 'authorities', 'plaintext', 'times'], `${where}.keys`);
  if ((keys.jwks === undefined) === (keys.discover === undefined))
    throw new GuardError('guard/option-invalid', `${where}.keys needs one of local, jwks and discover`);
  if (algorithms.some(isSymmetric))
    throw new GuardError('guard/option-invalid', `${where}.algorithms names a shared key, which nobody publishes`);
  checkAddress(
    keys.jwks ?? issuer,
    keys.plaintext === true,
    `${where}.${keys.jwks === undefined ? 'issuer' : 'keys.jwks'}`,
  );
  const times = { ...usualTimes, ...keys.times };
  unknownOptions(times, ['freshFor', 'usableFor', 'pause', 'timeout'], `${where}.keys.times`);
  for (const [name, time] of Object.entries(times)) requireWholeNumber(time, 1, `${where}.keys.times.${name}`);
  return createJwks(
    issuer,
    {
      ...(keys.jwks === undefined ? {} : { url: keys.jwks }),
      ...(keys.authorities === undefined ? {} : { authorities: keys.authorities }),
      plaintext: keys.plaintext === true,
    },
    algorithms,
    { now, times, signal, failed: (reason) => failed(issuer, reason) },
  );
};

/** Reads one issuer of the options. Throws GuardError. */
export const createIssuer = (options: IssuerOptions, where: string, surroundings: IssuerSurroundings): Issuer => {
  unknownOptions(options, names, where);
  requireText(options.issuer, `${where}.issuer`);
  const audiences = typeof options.audience === 'string' ? [options.audience] : options.audience;
  requireTexts(audiences, `${where}.audience`, 1);
  checkAlgorithms(options.algorithms, where);
  const types = options.types ?? ['at+jwt'];
  requireTexts(types, `${where}.types`, 1);
  const required = options.required ?? accessTokenClaims;
  requireTexts(required, `${where}.required`, 0);
  const longestLife = options.longestLife ?? 3600;
  requireWholeNumber(longestLife, 1, `${where}.longestLife`);
  if (options.bound !== undefined && options.bound !== 'optional' && options.bound !== 'required')
    throw new GuardError('guard/option-invalid', `${where}.bound must be optional or required`);

  const keys: Options = options.keys;
  const local = 'local' in options.keys ? options.keys.local : undefined;
  if (local !== undefined) unknownOptions(keys, ['local'], `${where}.keys`);
  const read = (list: readonly LocalKey[]) => readLocalKeys(list, options.algorithms, `${where}.keys.local`);
  const held = local === undefined ? undefined : createLocalKeys(read(local));
  const source =
    held ??
    ('local' in options.keys
      ? createLocalKeys([])
      : publishedKeys(options.issuer, options.keys, options.algorithms, where, surroundings));

  return {
    name: options.issuer,
    algorithms: new Set<string>(options.algorithms),
    keys: source,
    types: new Set(types.map((type) => type.toLowerCase())),
    rules: {
      audiences,
      required: [...new Set([...required, 'iss', 'sub', 'aud', 'exp', ...(surroundings.needsTokenId ? ['jti'] : [])])],
      longestLife,
      tolerance: surroundings.tolerance,
    },
    rolesClaim: (options.rolesClaim ?? 'roles').split('.'),
    scopesClaim: (options.scopesClaim ?? 'scope').split('.'),
    grants: options.grants === undefined ? undefined : new Set(options.grants),
    bound: options.bound ?? 'optional',
    ...(held === undefined ? {} : { replaceKeys: (list: readonly LocalKey[]) => held.replace(read(list)) }),
  };
};
