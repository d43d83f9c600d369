import type { Server } from 'node:http';
import { identityOf } from '@palisade/fastify-guard';
import type { FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression } from 'fastify';
import type { CertificateBundle } from '../tls/certificates.ts';
import type { Route } from './route.ts';

/** Fastify over HTTP or HTTPS. */
export type Application = FastifyInstance<Server, RawRequestDefaultExpression, RawReplyDefaultExpression>;

/** A server that is not listening yet. */
export interface HttpServer {
  readonly app: Application;
  /** Requests that have arrived and are not answered yet. */
  readonly underWay: () => number;
  /** Serves another certificate to every handshake from now on. Throws where it cannot be used, and keeps the old one. */
  readonly useCertificates: (bundle: CertificateBundle) => void;
}

/** Puts a table of routes into an application. JSON is all that a route here understands; anything else is 415. */
export const mountRoutes = (app: Application, routes: readonly Route[]): void => {
  app.removeContentTypeParser('text/plain');
  for (const route of routes)
    app.route({
      method: route.method,
      url: route.path,
      config: { guard: route.access },
      handler: async (request, reply) => {
        const caller = identityOf(request);
        const answer = await route.handle({ params: request.params, body: request.body, caller });
        void reply.code(answer.status).headers(answer.headers ?? {});
        if (answer.contentType !== undefined) void reply.type(answer.contentType);
        return reply.send(answer.body);
      },
    });
};
