import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LimitRule, RouteAccess } from '@palisade/fastify-guard';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import { handOver, presentAs } from './hand-over.ts';
import { endpoints } from './provider.ts';

/** How often one address may ask. */
export interface OAuthLimits {
  /** Codes, tokens, revocation, introspection. */
  readonly endpoints: LimitRule['rates'];
  /** Passwords. */
  readonly logins: LimitRule['rates'];
}

/** What the routes stand on. */
export interface RouteParts {
  readonly issuer: URL;
  readonly provider: () => Provider;
  /** Answers with the provider of just now. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Rejects while the tables cannot be made. */
  readonly ready: () => Promise<void>;
  readonly limits: OAuthLimits;
}

/** Pages of the provider itself: forms that post themselves carry a script whose hash it adds here. */
const providerPages = "default-src 'none'; script-src 'report-sample'; base-uri 'none'; frame-ancestors 'none'";

const uid = { type: 'object', properties: { uid: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } } } as const;

const postRoutes = ['token', 'revocation', 'introspection'] as const;
const documents = [
  endpoints.jwks,
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const;

/** Declares the exact paths that the provider answers, and no other. */
export const providerRoutes = (app: FastifyInstance, parts: RouteParts): void => {
  const { issuer, handler, ready, limits } = parts;
  // The provider reads bodies itself, up to 56 KiB, and refuses what is no form.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const limited: RouteAccess = { access: 'public', limits: [{ per: 'address', rates: limits.endpoints }] };
  const answer = async (request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> => {
    try {
      await ready();
    } catch (error) {
      request.log.error({ err: error }, 'the tables of the authorization server are not there');
      return reply.code(503).header('retry-after', '5').send({ error: 'temporarily_unavailable' });
    }
    return handOver(presentAs(issuer, request, path), reply, handler);
  };
  for (const name of postRoutes)
    app.post(endpoints[name], { config: { guard: limited } }, (request, reply) => {
      // Errors of these are JSON (RFC 6749 section 5.2), also for callers that would rather have a page.
      request.raw.headers.accept = 'application/json';
      return answer(request, reply, endpoints[name]);
    });
  for (const path of documents)
    app.get(path, { config: { guard: 'public' } }, (request, reply) => {
      request.raw.headers.accept = 'application/json';
      return answer(request, reply, path);
    });
  app.get(endpoints.authorization, { config: { guard: limited } }, (request, reply) =>
    answer(request, reply.header('content-security-policy', providerPages), endpoints.authorization),
  );
  app.get<{ Params: { uid: string } }>(
    `${endpoints.authorization}/:uid`,
    { config: { guard: limited }, schema: { params: uid } },
    (request, reply) =>
      answer(
        request,
        reply.header('content-security-policy', providerPages),
        `${endpoints.authorization}/${request.params.uid}`,
      ),
  );
  app.post(`${endpoints.end_session}/confirm`, { config: { guard: limited } }, (request, reply) =>
    answer(request, reply, `${endpoints.end_session}/confirm`),
  );
};
