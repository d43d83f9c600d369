import { fastifyPlugin } from 'fastify-plugin';
import type { FastifyError, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { GuardError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import { problemOfError } from '../problem/of-error.ts';
import { problem, ProblemError } from '../problem/problem.ts';
import { createAdmission } from './admission.ts';
import { auditRoutes } from './auditing.ts';
import { createOverdue } from './overdue.ts';
import { checkRoutes } from './registration.ts';
import { sendProblem } from './send.ts';
import type { Settings } from './settings.ts';
import { requestState, stateOf } from './state.ts';

/** Who calls; `undefined` on public routes. */
export const identityOf = (request: FastifyRequest): Identity | undefined => stateOf(request)?.identity;

/** Who calls. Throws a 401 where nobody has proven who it is: on a public route. */
export const requireIdentity = (request: FastifyRequest): Identity => {
  const identity = identityOf(request);
  if (identity !== undefined) return identity;
  const { status, code, detail } = problem('credentials-missing');
  throw new ProblemError(status, code, detail);
};

/** The address of the caller, seen through our own proxies alone. */
export const addressOf = (request: FastifyRequest): string => stateOf(request)?.peer.address ?? 'unknown';

/** Makes the plug-in. */
export const createPlugin = (settings: Settings): FastifyPluginAsync => {
  const register: FastifyPluginAsync = async (app) => {
    if (settings.options.server !== 'foreign' && !settings.listener.made(app.server))
      throw new GuardError('guard/server-foreign', 'the server of the application was not made by the guard');
    app.decorateRequest(requestState, undefined);
    checkRoutes(app, settings);
    const overdue =
      settings.handlerTimeout === undefined
        ? undefined
        : createOverdue(settings.handlerTimeout, settings, (reply) => recordEnd(reply));
    const admit = createAdmission(settings, overdue);
    app.addHook('onRequest', (request, reply, done) => {
      const decision = admit(request, reply);
      if (decision === undefined) return done();
      // Fastify waits for a promise, and not for a reply that was sent.
      return decision instanceof Promise ? decision : undefined;
    });
    // The handler has answered in time; what is recorded and sent has bounds of its own.
    if (overdue !== undefined)
      app.addHook('onSend', (_request, reply, payload, done) => {
        overdue.end(reply);
        done(null, payload);
      });
    const recordEnd = auditRoutes(app, settings);
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      const answer = problemOfError(error);
      const state = stateOf(request);
      if (state !== undefined) state.problem = answer.code;
      if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
      return sendProblem(reply, answer);
    });
    app.setNotFoundHandler((_request, reply) => sendProblem(reply, problem('not-found')));
    settings.overload.start();
    app.addHook('onClose', async () => {
      settings.overload.stop();
      settings.close();
    });
  };
  return fastifyPlugin(register, { fastify: '5.x', name: '@palisade/fastify-guard' });
};
