import { hash } from 'node:crypto';

/** Values that were proven, by the SHA-256 of what proved them; the least recently used goes first. */
export interface VerifiedCache<Value> {
  readonly get: (text: string) => Value | undefined;
  /** `until` in milliseconds since the epoch. */
  readonly set: (text: string, value: Value, until: number) => void;
  readonly size: () => number;
}

const digest = (text: string): string => hash('sha256', text, 'base64');

/** A bounded cache. Holds digests, so that no token lies in memory longer than its request. */
export const createVerifiedCache = <Value>(most: number, now: () => number): VerifiedCache<Value> => {
  const entries = new Map<string, { readonly value: Value; readonly until: number }>();
  return {
    get: (text) => {
      if (most === 0) return undefined;
      const name = digest(text);
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      if (entry.until <= now()) return undefined;
      entries.set(name, entry);
      return entry.value;
    },
    set: (text, value, until) => {
      if (most === 0) return;
      const oldest = entries.keys().next();
      if (entries.size >= most && oldest.done !== true) entries.delete(oldest.value);
      entries.set(digest(text), { value, until });
    },
    size: () => entries.size,
  };
};
