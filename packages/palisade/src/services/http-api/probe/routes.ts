import { mapConcurrently } from '../../../support/concurrency.ts';
import type { AnsweredRoute, RouteAnswers } from '../evidence.ts';
import { type DocumentedRoute, routesOf } from './openapi.ts';
import { descriptions, internals, isHealth, usualBusiness } from './paths.ts';
import { type Origin, type Reply, send } from './request.ts';

/** A path that no service has. What answers it well answers everything. */
export const nonsensePath = '/palisade-no-such-route';

/** Requests under way at once. */
const concurrency = 4;

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Statuses of a handler that was reached and looked at the request. */
const reached = new Set([400, 409, 415, 422, 500, 501]);

const asksForCredentials = ({ status, headers }: Reply): boolean =>
  status === 401 ||
  status === 403 ||
  status === 407 ||
  (status >= 300 && status < 400 && /log-?in|sign-?in|auth|sso/i.test(headers.location ?? ''));

const isJson = (reply: Reply | undefined): boolean => /\bjson\b/i.test(reply?.headers['content-type'] ?? '');

/** The answers to many paths, each `undefined` where there was none in time. */
export const askAll = async (
  origin: Origin,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly { readonly path: string; readonly reply: Reply | undefined }[]> =>
  mapConcurrently(paths, concurrency, async (path) => {
    try {
      return { path, reply: await send(origin, { path }, signal) };
    } catch {
      signal.throwIfAborted();
      return { path, reply: undefined };
    }
  });

/** The routes that the service documents to everybody; empty where it documents none. */
export const documentedRoutes = async (origin: Origin, signal: AbortSignal): Promise<readonly DocumentedRoute[]> => {
  for (const { reply } of await askAll(origin, descriptions, signal)) {
    const routes = reply === undefined || !isSuccess(reply.status) ? undefined : routesOf(reply.body);
    if (routes !== undefined) return routes;
  }
  return [];
};

/** The business paths that are tried: the documented ones that can be read, and the usual ones. */
export const businessPaths = (documented: readonly DocumentedRoute[]): readonly string[] => {
  const own = documented.filter(({ method }) => method === 'GET').map(({ path }) => path);
  return [...new Set([...own, ...usualBusiness])].filter((path) => !isHealth(path) && !internals.includes(path));
};

/** How the business routes answer a stranger. Statuses alone are looked at. */
export const judgeRoutes = async (
  origin: Origin,
  documented: readonly DocumentedRoute[],
  signal: AbortSignal,
): Promise<RouteAnswers> => {
  const own = new Set(documented.map(({ path }) => path));
  const nonsense = (await askAll(origin, [nonsensePath], signal))[0]?.reply;
  const catchesAll = nonsense !== undefined && isSuccess(nonsense.status);
  const open: AnsweredRoute[] = [];
  let guarded = 0;
  let unanswered = 0;
  for (const { path, reply } of await askAll(origin, businessPaths(documented), signal)) {
    const isOwn = own.has(path);
    // A page that is served for every path says nothing about one of them; JSON in its place does.
    const serves =
      reply !== undefined && isSuccess(reply.status) && (isOwn || !catchesAll || (isJson(reply) && !isJson(nonsense)));
    if (reply === undefined) unanswered += 1;
    else if (asksForCredentials(reply)) guarded += 1;
    else if (serves || (isOwn && reached.has(reply.status))) open.push({ method: 'GET', path, status: reply.status });
    else if (reply.status === 429 || reply.status >= 500) unanswered += 1;
  }
  return { open, guarded, unanswered };
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
  const silent = answers.filter(({ reply }) => reply === undefined || reply.status === 429 || reply.status >= 500);
  if (silent.length > 0) throw new Error(`${silent.length} of ${answers.length} paths gave no usable answer`);
  return [];
};
