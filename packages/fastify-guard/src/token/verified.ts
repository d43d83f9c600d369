import { hash } from 'node:crypto';

/** Values that were proven, by the SHA-256 of what proved them; one that was not asked for of late goes first. */
export interface VerifiedCache<Value> {
  readonly get: (text: string) => Value | undefined;
  /** `until` in milliseconds since the epoch. */
  readonly set: (text: string, value: Value, until: number) => void;
  readonly size: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
  /** Asked for since it came, or since it was spared. */
  used: boolean;
}

const digest = (text: string): string => hash('sha256', text, 'base64');

/**
 * A bounded cache. Holds digests, so that no token lies in memory longer than its request. What is asked for is marked, and spared
 * once when room is made (the CLOCK algorithm): to move it to the end of the map at each request would cost more than the digest.
 */
export const createVerifiedCache = <Value>(most: number, now: () => number): VerifiedCache<Value> => {
  /** Those that came or were spared first, first. */
  const entries = new Map<string, Entry<Value>>();
  const makeRoom = (): void => {
    for (const [name, entry] of entries) {
      if (entries.size < most) return;
      entries.delete(name);
      if (!entry.used) continue;
      entry.used = false;
      entries.set(name, entry);
    }
  };
  return {
    get: (text) => {
      if (most === 0) return undefined;
      const name = digest(text);
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      if (entry.until <= now()) {
        entries.delete(name);
        return undefined;
      }
      entry.used = true;
      return entry.value;
    },
    set: (text, value, until) => {
      if (most === 0) return;
      makeRoom();
      entries.set(digest(text), { value, until, used: false });
    },
    size: () => entries.size,
  };
};
