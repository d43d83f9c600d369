import type { FastifyReply } from 'fastify';
import { type Deadlines, createDeadlines } from '../http/deadlines.ts';
import { limitHeaders } from '../limit/headers.ts';
import { type ProblemCode, problem, problemType } from '../problem/problem.ts';
import type { Settings } from './settings.ts';
import { stateOf } from './state.ts';

/** Records the end of what took too long; says what the caller is to be told. */
export type RecordOverdue = (reply: FastifyReply) => Promise<ProblemCode>;

/**
 * Answers for handlers that take too long. Fastify's own `handlerTimeout` stops to count when the body of a request has been read,
 * so that it bounds no handler of a request with a body. The reply is taken from the handler first: what it says later, also while
 * the end is being recorded, is not heard.
 */
export const createOverdue = (
  milliseconds: number,
  { headers, cors }: Pick<Settings, 'headers' | 'cors'>,
  recordEnd: RecordOverdue,
): Deadlines<FastifyReply> => {
  const answer = async (reply: FastifyReply): Promise<void> => {
    const { raw, request } = reply;
    const code = await recordEnd(reply);
    if (raw.destroyed || raw.writableEnded) return;
    const { status, ...body } = problem(code);
    raw.writeHead(status, {
      ...headers,
      ...cors?.headers(request.headers.origin),
      ...limitHeaders(stateOf(request)?.taken ?? []),
      'content-type': problemType,
    });
    raw.end(JSON.stringify({ ...body, status }));
  };
  return createDeadlines(milliseconds, (reply) => {
    if (reply.sent) return;
    reply.request.log.error({ problem: 'handler-timeout', milliseconds }, 'the handler took too long');
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const state = stateOf(reply.request);
    if (state !== undefined) state.problem = 'handler-timeout';
    reply.hijack();
    answer(reply).catch(() => reply.raw.destroy());
  });
};
