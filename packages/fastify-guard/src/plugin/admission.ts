import type { FastifyReply, FastifyRequest } from 'fastify';
import { createMethods } from '../access/methods.ts';
import { after } from '../after.ts';
import { type SettledPolicy, settledPolicy } from '../access/policy.ts';
import { type Peer, createPeers } from '../address/peer.ts';
import { type Authenticators, authenticate, challengeOf } from '../authenticate.ts';
import { certificateOf } from '../certificate/certificate.ts';
import type { Deadlines } from '../http/deadlines.ts';
import type { Identity } from '../identity.ts';
import { limitHeaders, retryAfter } from '../limit/headers.ts';
import { createCounters } from '../limit/counters.ts';
import { type ProblemCode, problem } from '../problem/problem.ts';
import { type Refusal, isRefusal } from '../refusal.ts';
import { sendProblem } from './send.ts';
import type { Settings } from './settings.ts';
import { type RequestState, keepState } from './state.ts';

/** Seconds after which a client may try again when something that the guard asks is away. */
const comeBack = '5';

const unavailable: readonly ProblemCode[] = [
  'keys-unavailable',
  'revocation-unavailable',
  'replay-unavailable',
  'api-keys-unavailable',
  'limits-unavailable',
  'audit-unavailable',
];

/** The reply that a request was refused with; `undefined` where it goes on. At once where nobody has to be waited for. */
type Decision = FastifyReply | undefined | Promise<FastifyReply | undefined>;

/** Tells the caller what is left of its limits, those before and after authentication together. */
const tellLimits = (reply: FastifyReply, { taken }: RequestState): void => {
  if (taken.length > 0) void reply.headers(limitHeaders(taken));
};

/** The request goes on to the application. */
const pass = (reply: FastifyReply, state: RequestState): undefined => {
  tellLimits(reply, state);
  return undefined;
};

/** Decides about each request before anything of the application runs. */
export const createAdmission = (
  settings: Settings,
  overdue: Deadlines<FastifyReply> | undefined,
): ((request: FastifyRequest, reply: FastifyReply) => Decision) => {
  const { credentials, limits, cors, overload, now } = settings;
  const methodsOf = createMethods(settings.policies);
  const peerOf = createPeers(settings.isProxy);
  const countersOf = createCounters();
  const authenticators: Authenticators = {
    ...(credentials.tokens === undefined ? {} : { tokens: credentials.tokens }),
    ...(credentials.proofs === undefined ? {} : { proofs: credentials.proofs }),
    ...(credentials.apiKeys === undefined ? {} : { apiKeys: credentials.apiKeys }),
    ...(credentials.clients === undefined ? {} : { clients: credentials.clients }),
    certificateOf: (request) => certificateOf(request.socket, now()),
    now,
  };

  const refuse = (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    refusal: Refusal,
  ): FastifyReply => {
    state.problem = refusal.problem;
    const route = `${request.method} ${state.policy?.url ?? '(none)'}`;
    request.log.info({ problem: refusal.problem, reason: refusal.reason }, 'request refused');
    settings.observe({ type: 'refused', ...refusal, address: state.peer.address, route });
    tellLimits(reply, state);
    if (unavailable.includes(refusal.problem)) void reply.header('retry-after', comeBack);
    return sendProblem(reply, problem(refusal.problem));
  };

  /** Counts the request for the limits of a peer or an identity; it goes on with `next` where it is not one too many. */
  const count = (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    caller: Peer | Identity,
    next: () => Decision,
  ): Decision => {
    const counters = countersOf(state.policy?.limits ?? limits.everywhere, caller);
    if (counters.length === 0) return next();
    return after(limits.limiter.take(counters), (taken): Decision => {
      if (taken === undefined)
        return refuse(request, reply, state, { problem: 'limits-unavailable', reason: 'limits-unavailable' });
      state.taken.push(taken);
      if (taken.counted.allowed) return next();
      void reply.header('retry-after', String(retryAfter(taken)));
      const reason = caller === state.peer ? 'limit-before' : 'limit-after';
      return refuse(request, reply, state, { problem: 'limit-exceeded', reason });
    });
  };

  /** Whether who calls may do what the route does. */
  const authorize = (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    policy: SettledPolicy,
    who: Identity,
  ): Decision => {
    const roleMissing = policy.roles.length > 0 && !settings.roles.grants(who.roles, policy.roles);
    const scopeMissing = policy.scopes.some((scope) => !who.scopes.includes(scope));
    if (!roleMissing && !scopeMissing) return pass(reply, state);
    const challenge = challengeOf('insufficient', policy.by, undefined, policy.scopes);
    if (challenge !== undefined && who.by === 'jwt') void reply.header('www-authenticate', challenge);
    return refuse(request, reply, state, {
      problem: 'permission-denied',
      reason: roleMissing ? 'role-missing' : 'scope-missing',
    });
  };

  /** Who calls, how often, and what they may do, once the request is counted. */
  const identify = (request: FastifyRequest, reply: FastifyReply, state: RequestState): Decision => {
    const { policy } = state;
    if (request.is404) {
      const allowed = methodsOf(request.method, request.url.split('?', 1)[0] ?? '');
      if (allowed.length === 0) return pass(reply, state);
      void reply.header('allow', allowed.join(', '));
      return refuse(request, reply, state, { problem: 'method-not-allowed', reason: 'method-unknown' });
    }
    if (policy === undefined || policy.access === 'public') return pass(reply, state);
    return after(authenticate(request.raw, policy.by, authenticators), (who): Decision => {
      if (isRefusal(who)) {
        const challenge = challengeOf(who, policy.by, credentials.proofs?.algorithms, policy.scopes);
        if (challenge !== undefined) void reply.header('www-authenticate', challenge);
        return refuse(request, reply, state, who);
      }
      state.identity = who;
      return count(request, reply, state, who, () => authorize(request, reply, state, policy, who));
    });
  };

  return (request, reply) => {
    const { socket } = request.raw;
    const header = request.headers['x-forwarded-for'];
    const unknownRoute = request.is404;
    const state: RequestState = {
      peer: peerOf(socket, header !== undefined && settings.believes(socket) ? header : undefined),
      policy: unknownRoute ? undefined : request.routeOptions.config[settledPolicy]?.get(request.method),
      identity: undefined,
      taken: [],
      problem: undefined,
      audit: 'open',
    };
    keepState(request, state);
    void reply.headers(settings.headers);
    if (cors !== undefined) void reply.headers(cors.headers(request.headers.origin));
    // A route that came past the check is not served, whatever it is.
    if (!unknownRoute && state.policy === undefined)
      return refuse(request, reply, state, { problem: 'internal', reason: 'route-undeclared' });
    if (overload.admit(state.policy?.shed ?? true)) {
      overdue?.start(reply);
      reply.raw.on('close', () => {
        overload.leave();
        overdue?.end(reply);
      });
    } else {
      void reply.header('retry-after', String(overload.retryAfter));
      return refuse(request, reply, state, { problem: 'overloaded', reason: 'overloaded' });
    }
    if (!settings.listener.trusts(request.raw.socket)) {
      void reply.header('connection', 'close');
      return refuse(request, reply, state, { problem: 'certificate-invalid', reason: 'authority-removed' });
    }
    if (
      cors !== undefined &&
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined
    ) {
      return count(request, reply, state, state.peer, () => {
        const headers = cors.preflight(request.headers);
        if (headers === undefined)
          return refuse(request, reply, state, { problem: 'origin-refused', reason: 'origin-refused' });
        tellLimits(reply, state);
        return reply.headers(headers).code(204).send();
      });
    }
    return count(request, reply, state, state.peer, () => identify(request, reply, state));
  };
};
