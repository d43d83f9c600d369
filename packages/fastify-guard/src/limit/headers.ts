import type { Counted, Counter } from './counter.ts';

/** Counters and what a store said about them. */
export interface Taken {
  readonly counters: readonly Counter[];
  readonly counted: Counted;
}

const seconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));
/** A text of a structured field holds ASCII alone (RFC 9651 section 3.3.3). */
const nameOf = ({ name }: Counter): string => `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')}"`;

/**
 * The headers that tell a client how much is left. Structured fields of the IETF draft-ietf-httpapi-ratelimit-headers-10: `q` and
 * `w` the limit and its window in seconds, `r` what is left, `t` seconds until there is more.
 */
export const limitHeaders = (taken: readonly Taken[]): Readonly<Record<string, string>> => {
  const rows = taken.flatMap(({ counters, counted }) =>
    counters.map((counter, index) => ({ counter, count: counted.counts[index] ?? { remaining: 0, reset: 0 } })),
  );
  if (rows.length === 0) return {};
  return {
    'ratelimit-policy': rows
      .map(({ counter }) => `${nameOf(counter)};q=${counter.limit};w=${counter.window}`)
      .join(', '),
    ratelimit: rows
      .map(({ counter, count }) => `${nameOf(counter)};r=${count.remaining};t=${seconds(count.reset)}`)
      .join(', '),
  };
};

/** Seconds until a refused request can pass: when the last of the used-up counters has a place again. */
export const retryAfter = ({ counted }: Taken): number =>
  seconds(Math.max(...counted.counts.filter(({ remaining }) => remaining === 0).map(({ reset }) => reset), 0));
