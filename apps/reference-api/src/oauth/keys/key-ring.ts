import { type KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalKey } from '@palisade/fastify-guard';
import { OAuthError } from '../errors.ts';
import type { Log, Now } from '../query.ts';
import {
  type KeySet,
  type KeyTimes,
  freshKeySet,
  isRotationDue,
  publishedKeys,
  readKeySet,
  rotatedKeySet,
  signingKey,
  writeKeySet,
} from './key-set.ts';
import type { KeyStore } from './key-store.ts';

/** The keys as they count now. */
export interface KeyView {
  /** Private JWKs for the provider, the one that signs first. */
  readonly jwks: { readonly keys: KeySet['keys'][number]['jwk'][] };
  readonly cookieSecrets: readonly string[];
  /** What verifies, for the guard. */
  readonly published: readonly LocalKey[];
  readonly signing: { readonly id: string; readonly key: KeyObject };
}

/** Keys that follow their store. */
export interface KeyRing {
  readonly view: () => KeyView;
  /** Reads the store again, rotates where it is time. Keeps what it has where the store does not answer. */
  readonly refresh: () => Promise<void>;
  /** `planned`: with overlap. `compromised`: at once, and everything that was signed before is worth nothing. */
  readonly rotate: (why: 'planned' | 'compromised') => Promise<void>;
}

const mostTries = 5;

const viewOf = (set: KeySet, now: number, times: KeyTimes): KeyView => {
  const signing = signingKey(set, now);
  const published = publishedKeys(set, now, times.overlap);
  return {
    jwks: { keys: [signing, ...published.filter((key) => key !== signing)].map(({ jwk }) => jwk) },
    cookieSecrets: set.cookieSecrets,
    published: published.map(({ jwk: { kty, crv, x, y, kid } }) => ({
      id: kid,
      key: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }),
    })),
    signing: { id: signing.jwk.kid, key: createPrivateKey({ key: signing.jwk, format: 'jwk' }) },
  };
};

/** What tells two views apart without showing a key. */
const nameOf = ({ jwks, cookieSecrets }: KeyView): string =>
  JSON.stringify([jwks.keys.map(({ kid }) => kid), cookieSecrets]);

/**
 * Opens the keys; the first instance makes them. `changed` is told of every other view from then on.
 *
 * @throws OAuthError where the entry is none of ours, or others keep writing it
 */
export const openKeyRing = async (
  store: KeyStore,
  options: {
    readonly now: Now;
    readonly times: KeyTimes;
    readonly log: Log;
    readonly changed: (view: KeyView) => void;
  },
): Promise<KeyRing> => {
  const { now, times, log, changed } = options;

  const read = async (): Promise<{ set: KeySet; version: number } | undefined> => {
    const entry = await store.read();
    if (entry === undefined) return undefined;
    const set = readKeySet(entry.keys);
    if (set === undefined)
      throw new OAuthError('oauth/keys-unusable', 'the entry of the signing keys holds something else');
    return { set, version: entry.version };
  };
  /** Writes what `next` makes of the current set, again where somebody was faster; `undefined` from it leaves the set. */
  const update = async (next: (set: KeySet | undefined) => KeySet | undefined): Promise<KeySet> => {
    for (let tries = 0; tries < mostTries; tries++) {
      if (tries > 0) await sleep(20 + Math.random() * 100 * tries);
      const current = await read();
      const wanted = next(current?.set);
      if (wanted === undefined && current !== undefined) return current.set;
      if (wanted !== undefined && (await store.write(writeKeySet(wanted), current?.version ?? 0))) return wanted;
    }
    throw new OAuthError('oauth/keys-contended', 'the signing keys could not be written');
  };

  let set = await update((current) => (current === undefined ? freshKeySet(now()) : undefined));
  let view = viewOf(set, now(), times);
  const use = (next: KeySet): void => {
    set = next;
    const seen = viewOf(set, now(), times);
    if (nameOf(seen) === nameOf(view)) return;
    view = seen;
    changed(view);
  };
  return {
    view: () => view,
    refresh: async () => {
      try {
        use(
          await update((current) => {
            // The entry is gone: what this instance signs with is what all others sign with too.
            if (current === undefined) return set;
            return isRotationDue(current, now(), times.rotateEvery) ? rotatedKeySet(current, now(), times) : undefined;
          }),
        );
      } catch (error) {
        log.warn({ err: error }, 'the signing keys could not be read; the last ones stay in use');
        // Time goes on without the store: a key that was published before begins to sign, an old one ends.
        use(set);
      }
    },
    rotate: async (why) => {
      use(
        await update((current) =>
          why === 'compromised' || current === undefined ? freshKeySet(now()) : rotatedKeySet(current, now(), times),
        ),
      );
      log.info({ why, signing: view.signing.id }, 'signing keys rotated');
    },
  };
};
