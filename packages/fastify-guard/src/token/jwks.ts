import type { Now } from '../clock.ts';
import { within } from '../within.ts';
import type { Algorithm } from './algorithms.ts';
import { type Source, getJson } from './http-get.ts';
import { isJsonObject, parseJsonObject } from './json-object.ts';
import {
  type KeySource,
  KeysUnavailable,
  type VerificationKey,
  algorithmsOfJwk,
  chooseKey,
  publicKeyOfJwk,
} from './keys.ts';

/** How a published key set is kept. Times in milliseconds. */
export interface JwksTimes {
  /** After this age the set is fetched again, while the old one serves on. */
  readonly freshFor: number;
  /** After this age an old set serves no more: tokens cannot be checked. */
  readonly usableFor: number;
  /** Between two fetches, whatever tokens ask for. */
  readonly pause: number;
  /** For one fetch. */
  readonly timeout: number;
}

/** What is usual with providers, and bounds what a removed key can still do to an hour. */
export const usualTimes: JwksTimes = { freshFor: 300_000, usableFor: 3_600_000, pause: 30_000, timeout: 5_000 };

const mostKeys = 64;

const readSet = (
  bytes: Buffer,
  allowed: readonly Algorithm[],
  before: readonly VerificationKey[],
): readonly VerificationKey[] => {
  const list = parseJsonObject(bytes)?.['keys'];
  if (!Array.isArray(list) || list.length > mostKeys) throw new Error('the answer is no key set');
  return list.filter(isJsonObject).flatMap((jwk) => {
    const key = publicKeyOfJwk(jwk);
    if (key === undefined) return [];
    const algorithms = algorithmsOfJwk(jwk, key, allowed);
    const id = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
    if (algorithms.length === 0) return [];
    // The same key stays the same object, so that what was verified with it stays verified.
    const same = before.find((held) => held.id === id && held.key.equals(key));
    return [same ?? { id, key, algorithms }];
  });
};

/** Address of the key set of an OpenID provider. Source: OpenID Connect Discovery 1.0 sections 4.2 and 4.3. */
const discover = async (issuer: string, source: Source, signal: AbortSignal): Promise<string> => {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = parseJsonObject(await getJson({ ...source, url: address }, signal));
  const url = document?.['jwks_uri'];
  if (document?.['issuer'] !== issuer || typeof url !== 'string') throw new Error('the document is not of this issuer');
  if (!url.startsWith('https://') && source.plaintext !== true) throw new Error('the key set is not behind https');
  return url;
};

/**
 * The published keys of an issuer. One fetch at a time and one a pause, whatever tokens name; an outage is bridged with the last
 * good set for as long as it is usable. A failed fetch is told to `failed`.
 */
export const createJwks = (
  issuer: string,
  source: Omit<Source, 'url'> & { readonly url?: string },
  allowed: readonly Algorithm[],
  parameters: {
    readonly now: Now;
    readonly times: JwksTimes;
    readonly signal: AbortSignal;
    readonly failed: (reason: string) => void;
  },
): KeySource => {
  const { now, times, signal, failed } = parameters;
  let keys: readonly VerificationKey[] = [];
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;
  let url = source.url;

  const fetchOnce = async (): Promise<void> => {
    try {
      const bytes = await within(times.timeout, async (limit) => {
        const both = AbortSignal.any([limit, signal]);
        url ??= await discover(issuer, { ...source, url: issuer }, both);
        return getJson({ ...source, url }, both);
      });
      keys = readSet(bytes, allowed, keys);
      fetchedAt = now();
    } catch (error) {
      failed(error instanceof Error ? error.message : 'unknown');
    }
  };
  /** Resolves when a fetch is over; at once where the pause since the last one is not. */
  const refresh = (): Promise<void> => {
    if (underWay === undefined && now() - triedAt >= times.pause) {
      triedAt = now();
      underWay = fetchOnce().finally(() => {
        underWay = undefined;
      });
    }
    return underWay ?? Promise.resolve();
  };
  const usable = (): boolean => now() - fetchedAt < times.usableFor;

  return {
    find: async (keyId, algorithm) => {
      if (!usable()) await refresh();
      else if (now() - fetchedAt >= times.freshFor) void refresh();
      if (!usable()) throw new KeysUnavailable(`the key set of ${issuer} cannot be fetched`);
      const found = chooseKey(keys, keyId, algorithm);
      if (found !== undefined) return found;
      await refresh();
      return chooseKey(keys, keyId, algorithm);
    },
    holds: (key) => usable() && keys.includes(key),
  };
};
