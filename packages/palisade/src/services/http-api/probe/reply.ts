import { mapConcurrently } from '../../../support/concurrency.ts';
import { type Origin, type Question, type Reply, send } from './request.ts';

/** A path that no service has. What answers it well answers everything. */
export const nonsensePath = '/palisade-no-such-route';

/** Requests under way at once. */
export const concurrency = 4;

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** True where an answer sends the caller away to show who it is. */
export const asksForCredentials = ({ status, headers }: Reply): boolean =>
  status === 401 ||
  status === 403 ||
  status === 407 ||
  (status >= 300 && status < 400 && /log-?in|sign-?in|auth|sso/i.test(headers.location ?? ''));

/** True where an answer tells nothing: none came, or the service was busy or broken. */
export const tellsNothing = (reply: Reply | undefined): boolean =>
  reply === undefined || reply.status === 429 || reply.status >= 500;

export const isJson = (reply: Reply | undefined): boolean => /\bjson\b/i.test(reply?.headers['content-type'] ?? '');

/** The answer to one question; undefined where there was none in time. */
export const askOne = async (origin: Origin, question: Question, signal: AbortSignal): Promise<Reply | undefined> => {
  try {
    return await send(origin, question, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
};

/** The answers to many paths, each `undefined` where there was none in time. */
export const askAll = async (
  origin: Origin,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly { readonly path: string; readonly reply: Reply | undefined }[]> =>
  mapConcurrently(paths, concurrency, async (path) => ({ path, reply: await askOne(origin, { path }, signal) }));
