import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { settledPolicy } from '../access/policy.ts';
import { type Audited, auditEvent, record } from '../audit/audit.ts';
import { problem, problemType } from '../problem/problem.ts';
import type { RecordOverdue } from './overdue.ts';
import { sendProblem } from './send.ts';
import type { Settings } from './settings.ts';
import { type RequestState, stateOf } from './state.ts';

/** Refusals that a flood makes by the thousand; a record of each would fill the disk, and they are counted elsewhere. */
const uncounted: readonly (string | undefined)[] = ['limit-exceeded', 'overloaded', 'limits-unavailable'];

const auditedOf = (state: RequestState | undefined): Audited | undefined =>
  state?.policy?.audit === undefined
    ? undefined
    : { policy: state.policy, identity: state.identity, address: state.peer.address };

/**
 * Records sensitive operations. Of one with effects the intent is recorded before the handler runs, and it does not run where that
 * fails. Of each the end is recorded before the answer is sent: where that fails, a reading operation gives nothing away (503), and
 * of one with effects the caller is told that it ran and is not recorded (500). Gives back what records the end of a handler whose
 * time was over.
 */
export const auditRoutes = (app: FastifyInstance, settings: Settings): RecordOverdue => {
  const { audit } = settings;
  if (audit === undefined) return async () => 'handler-timeout';
  const write = (reply: FastifyReply, event: Parameters<typeof record>[1]): Promise<boolean> =>
    record(audit.sink, event, audit.timeout, reply);

  const recordIntent = async (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    audited: Audited,
  ): Promise<FastifyReply | undefined> => {
    if (await write(reply, auditEvent(request, audited, 'intent'))) {
      state.audit = 'intent';
      return undefined;
    }
    state.audit = 'done';
    state.problem = 'audit-unavailable';
    return sendProblem(reply.header('retry-after', '5'), problem('audit-unavailable'));
  };

  const recordEnd = async (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    state: RequestState,
    audited: Audited,
  ): Promise<unknown> => {
    if (uncounted.includes(state.problem)) {
      state.audit = 'done';
      return payload;
    }
    const ran = state.audit === 'intent';
    const refused = state.problem !== undefined && !ran;
    state.audit = 'done';
    const end = { status: reply.statusCode, ...(state.problem === undefined ? {} : { reason: state.problem }) };
    const written = await write(reply, auditEvent(request, audited, refused ? 'refusal' : 'outcome', end));
    // A refusal stays one; everything else is not answered unrecorded.
    if (written || refused) return payload;
    const answer = problem(ran ? 'audit-incomplete' : 'audit-unavailable');
    if (
      typeof payload === 'object' &&
      payload !== null &&
      'destroy' in payload &&
      typeof payload.destroy === 'function'
    )
      payload.destroy();
    for (const name of [
      'content-length',
      'content-encoding',
      'etag',
      'last-modified',
      'content-disposition',
      'location',
    ])
      void reply.removeHeader(name);
    if (!ran) void reply.header('retry-after', '5');
    void reply.code(answer.status).type(problemType);
    return JSON.stringify(answer);
  };

  // Fastify waits for the promise of a hook where there is one, and for `done` where there is none: a promise for each hook of each
  // request would cost more than the rest of the guard.
  app.addHook('preHandler', (request, reply, done) => {
    const state = stateOf(request);
    const audited = auditedOf(state);
    if (state === undefined || audited?.policy.audit?.effects !== true) return done();
    return recordIntent(request, reply, state, audited);
  });

  app.addHook('onSend', (request, reply, payload, done) => {
    const state = stateOf(request);
    const audited = auditedOf(state);
    if (state === undefined || audited === undefined || state.audit === 'done') return done(null, payload);
    return recordEnd(request, reply, payload, state, audited);
  });

  /** The handler took the socket for itself, or the client went away: the end passed no hook. */
  const recordLost = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const state = stateOf(request);
    const audited = auditedOf(state);
    if (state === undefined || audited === undefined || state.audit === 'done') return;
    state.audit = 'done';
    await write(reply, auditEvent(request, audited, 'lost'));
  };
  // Of the routes that are audited alone: for each request that has such a hook Fastify listens to its response.
  app.addHook('onRoute', (route) => {
    const policies = [...(route.config?.[settledPolicy]?.values() ?? [])];
    if (policies.some(({ audit: audits }) => audits !== undefined))
      route.onResponse = [recordLost, ...[route.onResponse ?? []].flat()];
  });

  return async (reply) => {
    const { request } = reply;
    const state = stateOf(request);
    const audited = auditedOf(state);
    if (state === undefined || audited === undefined || state.audit === 'done') return 'handler-timeout';
    const ran = state.audit === 'intent';
    state.audit = 'done';
    const end = { status: problem('handler-timeout').status, reason: 'handler-timeout' };
    if (await write(reply, auditEvent(request, audited, 'outcome', end))) return 'handler-timeout';
    return ran ? 'audit-incomplete' : 'audit-unavailable';
  };
};
