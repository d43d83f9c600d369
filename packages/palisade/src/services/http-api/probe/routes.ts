import { mapConcurrently } from '../../../support/concurrency.ts';
import type { AnsweredRoute, RouteAnswers } from '../evidence.ts';
import type { DeclaredAccess } from './access.ts';
import type { DocumentedRoute } from './openapi.ts';
import { internals, isHealth, usualBusiness } from './paths.ts';
import {
  askAll,
  askOne,
  asksForCredentials,
  concurrency,
  isJson,
  isSuccess,
  nonsensePath,
  tellsNothing,
} from './reply.ts';
import type { Origin, Reply } from './request.ts';

/** Statuses of a handler that was reached and looked at the request. */
const reached = new Set([400, 409, 415, 422, 500, 501]);

/** Routes of a sort that are asked once more, by somebody who has no right to them. */
const mostWrong = 10;

/** A token that nobody could take for one. */
export const noToken = 'palisade-probe';

/** The business paths that are tried: the documented ones that can be read, and the usual ones. */
export const businessPaths = (documented: readonly DocumentedRoute[]): readonly string[] => {
  const own = documented.filter(({ method }) => method === 'GET');
  const declared = new Set(own.filter(({ access }) => access === 'public').map(({ path }) => path));
  const meant = new Set(own.filter(({ access }) => access === 'protected').map(({ path }) => path));
  return [...new Set([...own.map(({ path }) => path), ...usualBusiness])].filter(
    (path) => !declared.has(path) && (meant.has(path) || !(isHealth(path) || internals.includes(path))),
  );
};

/** What is posted to an operation that takes JSON: no JSON, so that nothing can come of it. */
export const brokenJson = { headers: { 'content-type': 'application/json' }, body: '{"palisade":' } as const;

/** How one route answers a stranger; `unclear` where another answer than the expected one can have many reasons. */
type Verdict = 'open' | 'guarded' | 'absent' | 'unanswered' | 'unclear';

interface Judged {
  readonly route: AnsweredRoute;
  readonly verdict: Verdict;
}

/** True where a path is answered as one that nobody has: a handler that found nothing would say so in words of its own. */
const isNobodys = (path: string, reply: Reply, nonsense: Reply | undefined): boolean =>
  reply.status === 404 &&
  nonsense?.status === 404 &&
  reply.body.replaceAll(path, '') === nonsense.body.replaceAll(nonsensePath, '');

/** Judges the answer to a stranger who reads, against what is known of the service as a whole. */
const judgeRead = (
  path: string,
  reply: Reply | undefined,
  access: DeclaredAccess | undefined,
  nonsense: Reply | undefined,
): Verdict => {
  if (reply === undefined) return 'unanswered';
  if (asksForCredentials(reply)) return 'guarded';
  const catchesAll = nonsense !== undefined && isSuccess(nonsense.status);
  // A page that is served for every path says nothing about one of them; JSON in its place does, and so does a service
  // that documents the path without a word of protection.
  const isOwn = access === 'undeclared' || !catchesAll || (isJson(reply) && !isJson(nonsense));
  if (isSuccess(reply.status) && isOwn) return 'open';
  if (access !== undefined && reached.has(reply.status)) return 'open';
  if (access !== 'protected') return tellsNothing(reply) ? 'unanswered' : 'unclear';
  // It should have asked who calls, and it may also be elsewhere than its document says.
  return isNobodys(path, reply, nonsense) ? 'absent' : 'unanswered';
};

/**
 * Judges the answer to somebody who has no right to it. Many frameworks look at body and token before they ask who may
 * call, so that only what was served tells for certain that nobody was asked for.
 */
const judgeWrong = (reply: Reply | undefined): Verdict => {
  if (reply === undefined) return 'unanswered';
  if (asksForCredentials(reply)) return 'guarded';
  return isSuccess(reply.status) ? 'open' : 'unclear';
};

/**
 * How the business routes answer a stranger, and somebody with a token that is none. Where a document declares who may call
 * an operation, that is what is expected of it. What is posted is no JSON, and goes only to operations that take JSON and
 * declare that they are protected. Statuses alone are looked at.
 */
export const judgeRoutes = async (
  origin: Origin,
  documented: readonly DocumentedRoute[],
  signal: AbortSignal,
): Promise<RouteAnswers> => {
  const meant = documented.filter(({ access }) => access === 'protected');
  const readable = documented.filter(({ method }) => method === 'GET');
  const declared = new Map(readable.map(({ path, access }) => [path, access] as const));
  const nonsense = await askOne(origin, { path: nonsensePath }, signal);
  const read = (await askAll(origin, businessPaths(documented), signal)).map(({ path, reply }): Judged => ({
    route: { method: 'GET', path, status: reply?.status ?? 0 },
    verdict: judgeRead(path, reply, declared.get(path), nonsense),
  }));
  const guarded = read.filter(({ verdict }) => verdict === 'guarded').map(({ route }) => route);
  const withToken = await mapConcurrently(guarded.slice(0, mostWrong), concurrency, async ({ method, path }) => {
    const reply = await askOne(origin, { path, headers: { authorization: `Bearer ${noToken}` } }, signal);
    const route: AnsweredRoute = { method, path, status: reply?.status ?? 0, with: 'a malformed token' };
    return { route, verdict: judgeWrong(reply) };
  });
  const writable = meant.filter(({ method, takesJson }) => method === 'POST' && takesJson).slice(0, mostWrong);
  const written = await mapConcurrently(writable, concurrency, async ({ path }): Promise<Judged> => {
    const reply = await askOne(origin, { method: 'POST', path, ...brokenJson }, signal);
    return { route: { method: 'POST', path, status: reply?.status ?? 0 }, verdict: judgeWrong(reply) };
  });
  const all = [...read, ...withToken, ...written];
  const judged = written.filter(({ verdict }) => verdict !== 'unclear').length;
  return {
    open: all.filter(({ verdict }) => verdict === 'open').map(({ route }) => route),
    guarded: [...read, ...written].filter(({ verdict }) => verdict === 'guarded').length,
    unanswered: all.filter(({ verdict }) => verdict === 'unanswered').length,
    absent: all.filter(({ verdict }) => verdict === 'absent').length,
    public: documented.filter(({ access }) => access === 'public').map(({ method, path }) => `${method} ${path}`),
    untried: meant.filter(({ method }) => method !== 'GET').length - judged,
    locked: guarded.filter(({ status }) => status === 401).map(({ path }) => path),
  };
};

/** Documentation, debugging and metrics that are shown to a stranger. Rejects where too little was answered to tell. */
export const findExposed = async (origin: Origin, signal: AbortSignal): Promise<readonly AnsweredRoute[]> => {
  const [nonsense, ...answers] = await askAll(origin, [nonsensePath, ...internals], signal);
  const catchesAll = nonsense?.reply !== undefined && isSuccess(nonsense.reply.status);
  const shown = answers.flatMap(({ path, reply }): readonly AnsweredRoute[] =>
    reply !== undefined && isSuccess(reply.status) && (!catchesAll || (isJson(reply) && !isJson(nonsense.reply)))
      ? [{ method: 'GET', path, status: reply.status }]
      : [],
  );
  if (shown.length > 0) return shown;
  if (catchesAll) throw new Error('the service answers every path alike');
  const silent = answers.filter(({ reply }) => tellsNothing(reply));
  if (silent.length > 0) throw new Error(`${silent.length} of ${answers.length} paths gave no usable answer`);
  return [];
};
