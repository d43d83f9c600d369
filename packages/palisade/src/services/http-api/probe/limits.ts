import { mapConcurrently } from '../../../support/concurrency.ts';
import type { LimitAnswers } from '../evidence.ts';
import { askOne, concurrency } from './reply.ts';
import type { Origin, Reply } from './request.ts';

/** Requests of the burst, at most. */
const mostRequests = 30;

/** What an answer says of the tightest limit: how many requests it lets through, and how many are left. */
interface Quota {
  readonly limit: number;
  readonly left: number;
}

const numbersOf = (text: string, pattern: RegExp): readonly number[] =>
  [...text.matchAll(pattern)].map(([, digits]) => Number(digits));

/**
 * The limit that an answer declares. Source: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`), and
 * the pairs of headers that were usual before it.
 */
export const quotaOf = ({ headers }: Pick<Reply, 'headers'>): Quota | undefined => {
  const text = (name: string): string => String(headers[name] ?? '');
  const [limits, left] = [
    numbersOf(text('ratelimit-policy'), /;\s*q=(\d+)/g),
    numbersOf(text('ratelimit'), /;\s*r=(\d+)/g),
  ];
  if (limits.length > 0 && left.length > 0) return { limit: Math.min(...limits), left: Math.min(...left) };
  for (const prefix of ['ratelimit', 'x-ratelimit', 'x-rate-limit']) {
    const pair = [text(`${prefix}-limit`), text(`${prefix}-remaining`)].map((value) => /^\s*(\d+)/.exec(value)?.[1]);
    if (pair[0] !== undefined && pair[1] !== undefined) return { limit: Number(pair[0]), left: Number(pair[1]) };
  }
  return undefined;
};

/**
 * Sends requests with wrong tokens to one route, thirty at most, and stops at the first that is refused for their number.
 * Where the answers declare a limit that thirty do not reach, what is left has to become less.
 */
export const tryLimit = async (origin: Origin, path: string, signal: AbortSignal): Promise<LimitAnswers> => {
  const replies: Reply[] = [];
  let sent = 0;
  await mapConcurrently(Array.from({ length: mostRequests }), concurrency, async (_, index) => {
    if (replies.some(({ status }) => status === 429)) return;
    sent += 1;
    const headers = { authorization: `Bearer palisade-probe-${index}` };
    const reply = await askOne(origin, { path, headers }, signal);
    if (reply !== undefined) replies.push(reply);
  });
  if (replies.length < sent) throw new Error(`${sent - replies.length} of ${sent} requests gave no answer`);
  const refused = replies.filter(({ status }) => status === 429);
  const quotas = replies.flatMap((reply) => quotaOf(reply) ?? []);
  const [first] = quotas;
  const least = Math.min(...quotas.map(({ left }) => left));
  return {
    path,
    sent,
    ...(refused.length === 0
      ? {}
      : {
          refusedAfter: replies.findIndex(({ status }) => status === 429),
          retryAfter: refused.every(({ headers }) => headers['retry-after'] !== undefined),
        }),
    ...(first === undefined
      ? {}
      : // Places come back with time, so that a few that are gone are proof enough.
        { declared: { limit: first.limit, counted: first.left - least >= Math.min(3, first.left) } }),
  };
};
