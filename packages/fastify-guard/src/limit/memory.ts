import { type Now, systemNow } from '../clock.ts';
import { type Count, type Counted, type Counter, type CounterStore, partsOfWindow } from './counter.ts';

interface Held {
  /** Requests by number of the part of time, in order. */
  readonly parts: Map<number, number>;
  /** Milliseconds. */
  readonly part: number;
  total: number;
  /** The part of the last request; what is kept in order of it changes once in each part, not at each request. */
  newest: number;
  usedUp: boolean;
}

/** Number of no part. */
const never = -1;

/** A full store looks at so many counters for one that is free again, so that a newcomer does not cost a walk through all. */
const mostLooks = 1_000;

/**
 * Counts in this process. `most` bounds how many counters there are. When all places are taken, the one that has been silent the
 * longest goes, but never one that is used up: a flood of other callers must not set a blocked one free. Where all are used
 * up, newcomers are refused.
 */
export const createMemoryStore = (
  options: { readonly most?: number; readonly now?: Now } = {},
): CounterStore & { readonly takeNow: (counters: readonly Counter[]) => Counted } => {
  const { most = 100_000, now = systemNow } = options;
  /** By the part of time in which they were used last, the oldest first. */
  const open = new Map<string, Held>();
  const full = new Map<string, Held>();

  const settle = (held: Held, time: number): void => {
    const number = Math.floor(time / held.part);
    if (number === held.newest) return;
    for (const [part, count] of held.parts) {
      if (part >= number - partsOfWindow) break;
      held.parts.delete(part);
      held.total -= count;
    }
  };
  const freeAt = (held: Held): number => {
    const first = held.parts.keys().next();
    return first.done === true ? 0 : (first.value + partsOfWindow + 1) * held.part;
  };
  const makeRoom = (time: number): boolean => {
    if (open.size + full.size < most) return true;
    let looks = 0;
    for (const [key, held] of full) {
      if (freeAt(held) <= time) full.delete(key);
      if (++looks === mostLooks) break;
    }
    if (open.size + full.size < most) return true;
    for (const [key, oldest] of open) {
      // It can be one of the counters of this very request, which then has to be put back.
      oldest.newest = never;
      return open.delete(key);
    }
    return false;
  };
  const find = (counter: Counter, time: number): Held | undefined => {
    const held = open.get(counter.key) ?? full.get(counter.key);
    if (held !== undefined) {
      settle(held, time);
      return held;
    }
    if (!makeRoom(time)) return undefined;
    const part = (counter.window * 1000) / partsOfWindow;
    const fresh: Held = { parts: new Map(), part, total: 0, newest: never, usedUp: false };
    open.set(counter.key, fresh);
    return fresh;
  };
  /** Puts a counter where it belongs, the last of its like, where that changes something. */
  const place = (key: string, held: Held, limit: number, time: number): void => {
    const number = Math.floor(time / held.part);
    const usedUp = held.total >= limit;
    if (held.newest === number && held.usedUp === usedUp) return;
    open.delete(key);
    full.delete(key);
    held.newest = number;
    held.usedUp = usedUp;
    (usedUp ? full : open).set(key, held);
  };
  const countOf = (counter: Counter, held: Held | undefined, time: number): Count => {
    if (held === undefined) return { remaining: 0, reset: counter.window * 1000 };
    const remaining = Math.max(0, counter.limit - held.total);
    return { remaining, reset: Math.max(0, freeAt(held) - time) };
  };

  const store = {
    /** `take` for this process itself, which need not wait for anything. */
    takeNow: (counters: readonly Counter[]): Counted => {
      const time = now();
      const helds = counters.map((counter) => find(counter, time));
      const allowed = counters.every(({ limit }, index) => (helds[index]?.total ?? limit) < limit);
      counters.forEach(({ key, limit }, index) => {
        const held = helds[index];
        if (held === undefined) return;
        if (allowed) {
          const number = Math.floor(time / held.part);
          held.parts.set(number, (held.parts.get(number) ?? 0) + 1);
          held.total += 1;
        }
        place(key, held, limit, time);
      });
      return { allowed, counts: counters.map((counter, index) => countOf(counter, helds[index], time)) };
    },
    take: async (counters: readonly Counter[]): Promise<Counted> => store.takeNow(counters),
  };
  return store;
};
