import { mapConcurrently } from '../../../support/concurrency.ts';
import type { Leak } from '../evidence.ts';
import { leaksIn } from './leaks.ts';
import type { DocumentedRoute } from './openapi.ts';
import { type Origin, type Question, send } from './request.ts';
import { nonsensePath } from './reply.ts';

/** How many routes of a sort are provoked. */
const mostOfASort = 3;

type Provocation = Question & { readonly provokedBy: Leak['provokedBy'] };

/**
 * Requests that a careful service answers with a plain error. None can change anything: what is posted is no JSON, and
 * goes only to routes that say that they take JSON, or to one that does not exist.
 */
const provocations = (documented: readonly DocumentedRoute[]): readonly Provocation[] => {
  const posted = documented.filter(({ method, takesJson }) => method === 'POST' && takesJson).map(({ path }) => path);
  const bad = documented.flatMap(({ method, badPath }) => (method === 'GET' && badPath !== undefined ? [badPath] : []));
  return [
    { provokedBy: 'unknown route', path: nonsensePath },
    { provokedBy: 'malformed URL', path: '/%E0%A4%A' },
    ...bad.slice(0, mostOfASort).map((path) => ({ provokedBy: 'bad parameter', path }) as const),
    ...[...posted.slice(0, mostOfASort), nonsensePath].map(
      (path) =>
        ({
          provokedBy: 'malformed JSON',
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json' },
          body: '{"palisade":',
        }) as const,
    ),
  ];
};

/** What error answers give away. Rejects where an answer is missing and nothing was found. */
export const provokeLeaks = async (
  origin: Origin,
  documented: readonly DocumentedRoute[],
  signal: AbortSignal,
): Promise<readonly Leak[]> => {
  const questions = provocations(documented);
  const answers = await mapConcurrently(questions, 4, async ({ provokedBy, ...question }) => {
    try {
      const { status, body } = await send(origin, question, signal);
      return status < 400 ? [] : leaksIn(body).map((kind): Leak => ({ kind, provokedBy }));
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  });
  const leaks = answers.flatMap((answer) => answer ?? []);
  const silent = answers.filter((answer) => answer === undefined).length;
  if (leaks.length === 0 && silent > 0) throw new Error(`${silent} of ${answers.length} requests gave no answer`);
  return [...new Map(leaks.map((leak) => [`${leak.kind} ${leak.provokedBy}`, leak])).values()];
};
