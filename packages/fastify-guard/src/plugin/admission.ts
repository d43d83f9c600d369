import type { FastifyReply, FastifyRequest } from 'fastify';
import { createMethods } from '../access/methods.ts';
import { settledPolicy } from '../access/policy.ts';
import { clientAddress, clientPrefix } from '../address/address.ts';
import { type Authenticators, authenticate, challengeOf } from '../authenticate.ts';
import { certificateOf } from '../certificate/certificate.ts';
import { limitHeaders, retryAfter } from '../limit/headers.ts';
import { counterOf } from '../limit/rules.ts';
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

/** Decides about each request before anything of the application runs. */
export const createAdmission = (
  settings: Settings,
): ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>) => {
  const { credentials, limits, cors, overload, now } = settings;
  const methodsOf = createMethods(settings.policies);
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
    settings.observe({ type: 'refused', ...refusal, address: state.address, route });
    if (unavailable.includes(refusal.problem)) void reply.header('retry-after', comeBack);
    return sendProblem(reply, problem(refusal.problem));
  };

  /** Counts the request for the limits of a phase; an answer where it is one too many. */
  const count = async (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    phase: 'before' | 'after',
  ): Promise<FastifyReply | undefined> => {
    const rules = (state.policy?.limits ?? limits.everywhere).filter(
      ({ per }) => (per === 'subject') === (phase === 'after'),
    );
    if (rules.length === 0) return undefined;
    const prefix = clientPrefix(state.address);
    const counters = rules.map((rule) => counterOf(rule, prefix, state.identity));
    const taken = await limits.limiter.take(counters);
    if (taken === undefined)
      return refuse(request, reply, state, { problem: 'limits-unavailable', reason: 'limits-unavailable' });
    state.taken.push(taken);
    void reply.headers(limitHeaders(state.taken));
    if (taken.counted.allowed) return undefined;
    void reply.header('retry-after', String(retryAfter(taken)));
    return refuse(request, reply, state, { problem: 'limit-exceeded', reason: `limit-${phase}` });
  };

  const admit = async (request: FastifyRequest, reply: FastifyReply, state: RequestState) => {
    const { policy } = state;
    const counted = await count(request, reply, state, 'before');
    if (counted !== undefined) return counted;
    if (request.is404) {
      const allowed = methodsOf(request.method, request.url.split('?', 1)[0] ?? '');
      if (allowed.length === 0) return undefined;
      void reply.header('allow', allowed.join(', '));
      return refuse(request, reply, state, { problem: 'method-not-allowed', reason: 'method-unknown' });
    }
    if (policy === undefined || policy.access === 'public') return undefined;
    const who = await authenticate(request.raw, policy.by, authenticators);
    if (isRefusal(who)) {
      const challenge = challengeOf(who, policy.by, credentials.proofs?.algorithms, policy.scopes);
      if (challenge !== undefined) void reply.header('www-authenticate', challenge);
      return refuse(request, reply, state, who);
    }
    state.identity = who;
    const countedAfter = await count(request, reply, state, 'after');
    if (countedAfter !== undefined) return countedAfter;
    const roleMissing = policy.roles.length > 0 && !settings.roles.grants(who.roles, policy.roles);
    const scopeMissing = policy.scopes.some((scope) => !who.scopes.includes(scope));
    if (!roleMissing && !scopeMissing) return undefined;
    const challenge = challengeOf('insufficient', policy.by, undefined, policy.scopes);
    if (challenge !== undefined && who.by === 'jwt') void reply.header('www-authenticate', challenge);
    return refuse(request, reply, state, {
      problem: 'permission-denied',
      reason: roleMissing ? 'role-missing' : 'scope-missing',
    });
  };

  return async (request, reply) => {
    const forwarded = request.headers['x-forwarded-for'];
    const state: RequestState = {
      address: clientAddress(
        request.raw.socket.remoteAddress ?? '',
        Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
        settings.isProxy,
      ),
      policy: request.is404 ? undefined : request.routeOptions.config[settledPolicy]?.get(request.method),
      identity: undefined,
      taken: [],
      problem: undefined,
      audit: 'open',
    };
    keepState(request, state);
    void reply.headers(settings.headers);
    if (cors !== undefined) void reply.headers(cors.headers(request.headers.origin));
    // A route that came past the check is not served, whatever it is.
    if (!request.is404 && state.policy === undefined)
      return refuse(request, reply, state, { problem: 'internal', reason: 'route-undeclared' });
    if (!overload.admit(reply.raw, state.policy?.shed ?? true)) {
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
      const counted = await count(request, reply, state, 'before');
      if (counted !== undefined) return counted;
      const headers = cors.preflight(request.headers);
      if (headers === undefined)
        return refuse(request, reply, state, { problem: 'origin-refused', reason: 'origin-refused' });
      return reply.headers(headers).code(204).send();
    }
    return admit(request, reply, state);
  };
};
