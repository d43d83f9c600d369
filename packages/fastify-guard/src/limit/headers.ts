import type { Counted, Counter } from './counter.ts';

/** Counters and what a store said about them. */
export interface Taken {
  readonly counters: readonly Counter[];
  readonly counted: Counted;
}

const seconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));
/** A text of a structured field holds ASCII alone (RFC 9651 section 3.3.3). */
const quoted = (name: string): string => `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')}"`;

/** Names as they were quoted before. They are those of the limits of the application, and so they are few. */
const names = new Map<string, string>();
const nameOf = ({ name }: Counter): string => {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = quoted(name);
  names.set(name, text);
  return text;
};

/**
 * The headers that tell a client how much is left. Structured fields of the IETF draft-ietf-httpapi-ratelimit-headers-10: `q` and
 * `w` the limit and its window in seconds, `r` what is left, `t` seconds until there is more.
 */
export const limitHeaders = (taken: readonly Taken[]): Readonly<Record<string, string>> => {
  let [policy, left] = ['', ''];
  for (const { counters, counted } of taken)
    for (const [index, counter] of counters.entries()) {
      const name = nameOf(counter);
      const { remaining, reset } = counted.counts[index] ?? { remaining: 0, reset: 0 };
      const between = policy === '' ? '' : ', ';
      policy += `${between}${name};q=${counter.limit};w=${counter.window}`;
      left += `${between}${name};r=${remaining};t=${seconds(reset)}`;
    }
  return policy === '' ? {} : { 'ratelimit-policy': policy, ratelimit: left };
};

/** Seconds until a refused request can pass: when the last of the used-up counters has a place again. */
export const retryAfter = ({ counted }: Taken): number =>
  seconds(Math.max(...counted.counts.filter(({ remaining }) => remaining === 0).map(({ reset }) => reset), 0));
