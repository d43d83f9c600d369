/** One thing that is counted: a rate for somebody. */
export interface Counter {
  /** Names whom and what; different things never share one. */
  readonly key: string;
  /** What callers are told that it is called. */
  readonly name: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

/** What a store says about one counter after a request. */
export interface Count {
  /** Requests that are left. */
  readonly remaining: number;
  /** Milliseconds until one more is allowed where none is left; until the window has passed where some are. */
  readonly reset: number;
}

/** What a store says about a request. */
export interface Counted {
  readonly allowed: boolean;
  /** In the order of the counters. */
  readonly counts: readonly Count[];
}

/** Counts requests. A request that one counter refuses is counted by none. Rejects where it cannot say. */
export interface CounterStore {
  readonly take: (counters: readonly Counter[]) => Promise<Counted>;
}

/**
 * Parts of a window. What is counted is whole parts, so that in no window, wherever it begins, more than the limit passes, and a
 * counter needs this many numbers at most; the price is that a place becomes free up to one part late.
 */
export const partsOfWindow = 60;
