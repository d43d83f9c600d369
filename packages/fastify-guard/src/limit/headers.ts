import type { Counted, Counter } from './counter.ts';

/** Counters and what a store said about them. */
export interface Taken {
  readonly counters: readonly Counter[];
  readonly counted: Counted;
}

const seconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));
/** A text of a structured field holds ASCII alone (RFC 9651 section 3.3.3). */
const quoted = (name: string): string => `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')}"`;

/** The constant parts of what is said about a counter. */
interface Said {
  readonly policy: string;
  readonly left: string;
}

/** What is said of counters that live on. */
const said = new WeakMap<Counter, Said>();
const saidOf = (counter: Counter): Said => {
  const known = said.get(counter);
  if (known !== undefined) return known;
  const name = quoted(counter.name);
  const made = { policy: `${name};q=${counter.limit};w=${counter.window}`, left: `${name};r=` };
  said.set(counter, made);
  return made;
};

/**
 * The headers that tell a client how much is left. Structured fields of the IETF draft-ietf-httpapi-ratelimit-headers-10: `q` and
 * `w` the limit and its window in seconds, `r` what is left, `t` seconds until there is more.
 */
export const limitHeaders = (taken: readonly Taken[]): Readonly<Record<string, string>> => {
  let [policies, lefts] = ['', ''];
  for (const { counters, counted } of taken)
    for (let index = 0; index < counters.length; index += 1) {
      const [counter, count] = [counters[index], counted.counts[index]];
      if (counter === undefined || count === undefined) continue;
      const { policy, left } = saidOf(counter);
      const between = policies === '' ? '' : ', ';
      policies += between + policy;
      lefts += `${between}${left}${count.remaining};t=${seconds(count.reset)}`;
    }
  return policies === '' ? {} : { 'ratelimit-policy': policies, ratelimit: lefts };
};

/** Seconds until a refused request can pass: when the last of the used-up counters has a place again. */
export const retryAfter = ({ counted }: Taken): number =>
  seconds(Math.max(...counted.counts.filter(({ remaining }) => remaining === 0).map(({ reset }) => reset), 0));
