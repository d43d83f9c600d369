import { monitorEventLoopDelay } from 'node:perf_hooks';
import { requireWholeNumber, unknownOptions } from '../options/check.ts';

/** When requests are turned away so that the others are answered. */
export interface OverloadOptions {
  /** Requests that are being answered at one time. */
  readonly inFlight: number;
  /** Milliseconds that the event loop may be late, as the mean of half a second. */
  readonly eventLoopDelay: number;
  /** Seconds after which a client may come back. */
  readonly retryAfter: number;
}

/** What one Node.js process bears. */
export const usualOverload: OverloadOptions = Object.freeze({ inFlight: 1_000, eventLoopDelay: 1_000, retryAfter: 2 });

/** Knows how busy the process is. */
export interface Overload {
  readonly retryAfter: number;
  /** Counts a request; false where it is one too many, or the event loop is late. */
  readonly admit: (shed: boolean) => boolean;
  /** The answer of a request that was admitted is over. */
  readonly leave: () => void;
  readonly inFlight: () => number;
  readonly start: () => void;
  readonly stop: () => void;
}

const sampleEvery = 500;
const resolution = 10;

/** Makes the gate. Throws GuardError. */
export const createOverload = (own: Partial<OverloadOptions>): Overload => {
  unknownOptions(own, Object.keys(usualOverload), 'overload');
  const options = { ...usualOverload, ...own };
  for (const [name, value] of Object.entries(options)) requireWholeNumber(value, 1, `overload.${name}`);
  let inFlight = 0;
  let late = false;
  let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sampledAt = 0;

  const sample = (): void => {
    const time = performance.now();
    // Where the loop was blocked all the time, the histogram has no sample and the lateness of this timer says it.
    const blocked = time - sampledAt - sampleEvery;
    const mean = (histogram?.mean ?? 0) / 1e6 - resolution;
    late = Math.max(Number.isNaN(mean) ? 0 : mean, blocked) > options.eventLoopDelay;
    sampledAt = time;
    histogram?.reset();
  };

  return {
    retryAfter: options.retryAfter,
    admit: (shed) => {
      if (shed && (late || inFlight >= options.inFlight)) return false;
      inFlight += 1;
      return true;
    },
    leave: () => {
      inFlight -= 1;
    },
    inFlight: () => inFlight,
    start: () => {
      histogram = monitorEventLoopDelay({ resolution });
      histogram.enable();
      sampledAt = performance.now();
      timer = setInterval(sample, sampleEvery).unref();
    },
    stop: () => {
      clearInterval(timer);
      histogram?.disable();
    },
  };
};
