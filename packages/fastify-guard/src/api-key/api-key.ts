import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '@palisade/vault/secret';
import type { Now } from '../clock.ts';
import type { Identity } from '../identity.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { within } from '../within.ts';

/** One hash of a key, and until when it is good. */
export interface ApiKeyHash {
  /** SHA-256 of the secret part in hexadecimal. A fast hash is enough, because the secret has 256 random bits. */
  readonly sha256: string;
  /** Milliseconds since the epoch; for ever where absent. */
  readonly expires?: number;
}

/** What is stored of a key: nothing that lets anybody in. */
export interface ApiKeyRecord {
  /** Public part of the key, by which it is found. */
  readonly id: string;
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The newest first; two at most, while the key is being replaced. */
  readonly hashes: readonly ApiKeyHash[];
}

/** Finds records; rejects where it cannot say, and the request is answered with 503. */
export interface ApiKeys {
  readonly find: (id: string) => ApiKeyRecord | undefined | Promise<ApiKeyRecord | undefined>;
}

const shape = /^pk_([A-Za-z0-9]{16})_([A-Za-z0-9_-]{43})$/;
const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const newSecret = (): string => randomBytes(32).toString('base64url');
const keyOf = (id: string, secret: string): Secret => new Secret(`pk_${id}_${secret}`);

/** A new key, `pk_<id>_<secret>`, and its record. The key is shown to its owner once and kept nowhere. */
export const createApiKey = (
  owner: Pick<ApiKeyRecord, 'subject' | 'roles' | 'scopes'>,
): { readonly key: Secret; readonly record: ApiKeyRecord } => {
  const id = randomBytes(8).toString('hex');
  const secret = newSecret();
  return { key: keyOf(id, secret), record: { ...owner, id, hashes: [{ sha256: sha256(secret) }] } };
};

/**
 * A new secret for a key. The old one is good for `overlap` more milliseconds; an older one, from a replacement that is not over
 * yet, dies at once, so that never more than two are good.
 */
export const rotateApiKey = (
  record: ApiKeyRecord,
  overlap: number,
  now: number,
): { readonly key: Secret; readonly record: ApiKeyRecord } => {
  const secret = newSecret();
  const [current] = record.hashes;
  const until = now + overlap;
  const kept = current === undefined ? [] : [{ ...current, expires: Math.min(current.expires ?? until, until) }];
  return { key: keyOf(record.id, secret), record: { ...record, hashes: [{ sha256: sha256(secret) }, ...kept] } };
};

/** Keeps records in memory, for keys that come from a file or from Vault. */
export const createApiKeyList = (
  records: readonly ApiKeyRecord[],
): ApiKeys & { readonly replace: (records: readonly ApiKeyRecord[]) => void } => {
  const index = (list: readonly ApiKeyRecord[]): ReadonlyMap<string, ApiKeyRecord> =>
    new Map(list.map((record) => [record.id, record]));
  let held = index(records);
  return {
    find: (id) => held.get(id),
    replace: (list) => {
      held = index(list);
    },
  };
};

/** Compares two digests in constant time. */
const same = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** Who sends a key. */
export const checkApiKey = async (
  text: string,
  keys: ApiKeys,
  parameters: { readonly now: Now; readonly timeout: number },
): Promise<Identity | Refusal> => {
  const [, id, secret] = shape.exec(text) ?? [];
  if (id === undefined || secret === undefined) return refuse('api-key-invalid', 'api-key-form');
  let record: ApiKeyRecord | undefined;
  try {
    const answer = keys.find(id);
    record = answer instanceof Promise ? await within(parameters.timeout, () => answer) : answer;
  } catch {
    return refuse('api-keys-unavailable', 'api-keys-unavailable');
  }
  const digest = sha256(secret);
  const now = parameters.now();
  // Both are compared always, so that the time does not tell which one it was, nor whether the id exists.
  const good = [...(record?.hashes ?? []), { sha256: '0'.repeat(64), expires: 0 }]
    .slice(0, 2)
    .map((hash) => same(hash.sha256, digest) && (hash.expires === undefined || hash.expires > now));
  if (record === undefined || record.id !== id || !good.includes(true)) return refuse('api-key-invalid', 'api-key');
  return {
    by: 'api-key',
    issuer: 'api-key',
    subject: record.subject,
    roles: record.roles,
    scopes: record.scopes,
    client: record.id,
  };
};
