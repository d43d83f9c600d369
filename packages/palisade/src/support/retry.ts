import { type Clock, systemClock } from './clock.ts';
import { messageOf } from './errors.ts';

/** Bounds of a retry. */
export interface RetryBounds {
  /** Milliseconds from the first try after which no further try begins. */
  readonly within: number;
  /** First pause in milliseconds; each next one is up to twice as long, with full jitter. */
  readonly first?: number;
  /** Longest pause in milliseconds. */
  readonly longest?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Tries until the attempt resolves or the bound is reached; then throws an error whose message is the last reason.
 * An aborted signal ends it at once, with the signal's reason.
 */
export const retry = async <T>(attempt: (signal: AbortSignal) => Promise<T>, bounds: RetryBounds): Promise<T> => {
  const { within, first = 50, longest = 1000, clock = systemClock, random = Math.random } = bounds;
  const deadline = clock.now() + within;
  const limit = AbortSignal.timeout(within);
  const signal = bounds.signal === undefined ? limit : AbortSignal.any([bounds.signal, limit]);
  for (let ceiling = first; ; ceiling = Math.min(ceiling * 2, longest)) {
    try {
      return await attempt(signal);
    } catch (error) {
      bounds.signal?.throwIfAborted();
      const pause = Math.max(5, random() * ceiling);
      if (clock.now() + pause >= deadline)
        throw new Error(`no success within ${within} ms; last: ${messageOf(error)}`, { cause: error });
      await clock.sleep(pause, bounds.signal);
    }
  }
};
