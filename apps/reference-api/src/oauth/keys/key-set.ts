import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';

const jwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});

const keySet = z.object({
  /** In order of `signsFrom`. */
  keys: z.array(z.object({ jwk, signsFrom: z.number() })).min(1),
  /** They sign cookies, the first one; all are accepted. */
  cookieSecrets: z.array(z.string()).min(1),
});

/** A private key as a JWK, and from when on it signs: milliseconds since the epoch. */
export type SigningKey = z.output<typeof keySet>['keys'][number];
/** All that must be secret in the authorization server, as one entry of a store. */
export type KeySet = z.output<typeof keySet>;

/** How keys live; in milliseconds. */
export interface KeyTimes {
  /** How long a new key is published before it signs, so that all instances and all who verify know it by then. */
  readonly lead: number;
  /** How long a key that signs no more stays published: longer than the longest token lives. */
  readonly overlap: number;
  /** Age at which a key is replaced. */
  readonly rotateEvery: number;
}

const newKey = (signsFrom: number): SigningKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
  return { jwk: jwk.parse(made), signsFrom };
};
const newCookieSecret = (): string => randomBytes(32).toString('base64url');

/** The set of a service that has none, and of one whose set became known: nothing signed before is worth anything. */
export const freshKeySet = (now: number): KeySet => ({ keys: [newKey(now)], cookieSecrets: [newCookieSecret()] });

/** The key that signs now: the youngest whose time has come. */
export const signingKey = ({ keys }: KeySet, now: number): SigningKey => {
  const [first] = keys;
  const key = keys.findLast(({ signsFrom }) => signsFrom <= now) ?? first;
  if (key === undefined) throw new TypeError('a key set holds a key');
  return key;
};

/** Keys that verify: the one that signs, those that will, and those whose tokens may still live. */
export const publishedKeys = ({ keys }: KeySet, now: number, overlap: number): readonly SigningKey[] =>
  keys.filter((_key, index) => {
    const replacedAt = keys[index + 1]?.signsFrom;
    return replacedAt === undefined || replacedAt + overlap > now;
  });

/** The set with a key that will sign after the lead, without those that verify nothing more. */
export const rotatedKeySet = (set: KeySet, now: number, times: KeyTimes): KeySet => ({
  keys: [...publishedKeys(set, now, times.overlap), newKey(now + times.lead)],
  cookieSecrets: [newCookieSecret(), ...set.cookieSecrets.slice(0, 1)],
});

/** True where the youngest key is as old as a key gets. A key that waits for its time is young. */
export const isRotationDue = ({ keys }: KeySet, now: number, rotateEvery: number): boolean =>
  keys.every(({ signsFrom }) => signsFrom + rotateEvery <= now);

/** The set as the text that a store keeps. */
export const writeKeySet = (set: KeySet): Secret => new Secret(JSON.stringify(set));

/** Reads the text; `undefined` where it is no key set. */
export const readKeySet = (text: Secret): KeySet | undefined => {
  try {
    return keySet.safeParse(JSON.parse(text.reveal())).data;
  } catch {
    return undefined;
  }
};
