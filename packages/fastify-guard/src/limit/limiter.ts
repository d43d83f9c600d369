import type { Now } from '../clock.ts';
import { within } from '../within.ts';
import type { Counted, Counter, CounterStore } from './counter.ts';
import type { Taken } from './headers.ts';
import { createMemoryStore } from './memory.ts';

/** What happens while the shared store does not answer. */
export type WhenStoreFails =
  /** Every request that has limits is answered with 503. */
  | 'refuse'
  /** Each instance counts by itself, with its part of each limit: all together let no more pass than before. */
  | { readonly instances: number };

/** Counts for a request. Gives the counters that it knows about, at once where this process counts alone; `undefined` where nobody can count. */
export interface Limiter {
  readonly take: (counters: readonly Counter[]) => Taken | undefined | Promise<Taken | undefined>;
}

/** How a limiter works. Times in milliseconds. */
export interface LimiterParameters {
  readonly store: CounterStore;
  readonly whenStoreFails: WhenStoreFails;
  /** For one question to the store. */
  readonly timeout: number;
  /** After a failure, until the store is asked again. */
  readonly pause: number;
  readonly now: Now;
  /** Told when the store stops answering, and when it answers again. */
  readonly observe: (answers: boolean, reason: string) => void;
}

const mostBlocked = 10_000;

/** A limiter over a store that lies outside of this process. */
export const createLimiter = (parameters: LimiterParameters): Limiter => {
  const { store, whenStoreFails, now, observe } = parameters;
  const local = createMemoryStore({ now });
  let askAgainAt = 0;
  /** Counters that are used up, and until when: asking the store again would bring no other answer, only load. */
  const blocked = new Map<string, number>();

  const remember = (counters: readonly Counter[], counted: Counted): void => {
    const time = now();
    counted.counts.forEach(({ remaining, reset }, index) => {
      const key = counters[index]?.key;
      if (key === undefined || remaining > 0 || reset <= 0) return;
      const oldest = blocked.keys().next();
      if (blocked.size >= mostBlocked && oldest.done !== true) blocked.delete(oldest.value);
      blocked.set(key, time + reset);
    });
  };
  /** The counters that are known to be used up. */
  const known = (counters: readonly Counter[]): Taken | undefined => {
    const time = now();
    const found = counters.flatMap((counter) => {
      const until = blocked.get(counter.key) ?? 0;
      if (until > time) return [{ counter, count: { remaining: 0, reset: until - time } }];
      blocked.delete(counter.key);
      return [];
    });
    if (found.length === 0) return undefined;
    const counted = { allowed: false, counts: found.map(({ count }) => count) };
    return { counters: found.map(({ counter }) => counter), counted };
  };

  const alone = async (counters: readonly Counter[]): Promise<Taken | undefined> => {
    if (whenStoreFails === 'refuse') return undefined;
    const { instances } = whenStoreFails;
    const own = counters.map((counter) => ({ ...counter, limit: Math.floor(counter.limit / instances) }));
    return { counters: own, counted: await local.take(own) };
  };

  return {
    take: async (counters) => {
      const settled = known(counters);
      if (settled !== undefined) return settled;
      if (now() < askAgainAt) return alone(counters);
      try {
        const counted = await within(parameters.timeout, () => store.take(counters));
        if (askAgainAt !== 0) observe(true, 'the store of the limits answers again');
        askAgainAt = 0;
        remember(counters, counted);
        return { counters, counted };
      } catch (error) {
        if (askAgainAt === 0) observe(false, error instanceof Error ? error.message : 'unknown');
        // A little apart for each instance, so that they do not come back all at once.
        askAgainAt = now() + parameters.pause * (0.5 + Math.random() / 2);
        return alone(counters);
      }
    },
  };
};
