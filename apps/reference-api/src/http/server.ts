import { type Server, createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
} from 'fastify';
import { type LogLevel } from '../configuration.ts';
import { type CertificateBundle, tlsOptions } from '../tls/certificates.ts';
import { answerClientError } from './client-errors.ts';
import { type Limits, limitServer, serverOptions } from './limits.ts';
import { loggerOptions } from './logging.ts';
import { ProblemError, problem, problemType } from './problem.ts';
import type { Access, Route } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; the server does not boot while one has none. */
    access?: Access;
  }
}

/** Says whether the caller of a request has proven who it is. */
export type Authenticate = (request: FastifyRequest) => Promise<boolean>;

/** What differs between postures, as data. */
export interface Profile {
  readonly logLevel: LogLevel;
  /** Decides about routes with access `authenticated`. */
  readonly authenticate: Authenticate;
  /** Puts messages and stack traces of the server's own errors into answers. */
  readonly revealErrors: boolean;
  /** Echoes whatever Origin asks, with credentials. */
  readonly reflectOrigins: boolean;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits?: Limits;
  /** HTTPS alone where given, HTTP alone where not. */
  readonly tls?: CertificateBundle;
  /** Where log lines go; standard output where absent. */
  readonly logTo?: { readonly write: (line: string) => void };
}

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

const sendProblem = (reply: FastifyReply, status: number, detail?: string, extra: object = {}): FastifyReply =>
  reply
    .code(status)
    .type(problemType)
    .serializer(JSON.stringify)
    .send({ ...problem(status, detail), ...extra });

const unauthenticated = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply.header('www-authenticate', 'Bearer'), 401, 'This route needs credentials.');

/** Makes the server of a table of routes. Throws where a route has no access: what nobody decided about is not served. */
export const createServer = (profile: Profile, routes: readonly Route[]): HttpServer => {
  let server: Server | undefined;
  let underWay = 0;
  const { limits, tls } = profile;
  const bounds = limits === undefined ? {} : serverOptions(limits);

  const answerError = (
    error: FastifyError | ProblemError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    if (error instanceof ProblemError) return sendProblem(reply, error.status, error.message);
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'request failed');
    return profile.revealErrors
      ? sendProblem(reply, status, error.message, { code: error.code, stack: error.stack })
      : sendProblem(reply, status);
  };

  const app: Application = Fastify<Server>({
    logger: { ...loggerOptions(profile.logLevel), ...(profile.logTo === undefined ? {} : { stream: profile.logTo }) },
    serverFactory: (handler) => {
      server =
        tls === undefined
          ? createHttpServer(bounds, handler)
          : createHttpsServer({ ...bounds, ...tlsOptions(tls) }, handler);
      if (limits !== undefined) limitServer(server, limits);
      server.on('request', (_request, response) => {
        underWay += 1;
        response.once('close', () => {
          underWay -= 1;
        });
      });
      return server;
    },
    ...(limits === undefined ? {} : { bodyLimit: limits.bodyBytes, handlerTimeout: limits.handlerTimeout }),
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    requestIdHeader: false,
    clientErrorHandler: answerClientError(profile.headers),
    // A URL that does not decode reaches neither hooks nor handlers.
    frameworkErrors: (error, request, reply) => {
      void reply.headers(profile.headers);
      void answerError(error, request, reply);
    },
  });

  // JSON is all that a route here understands; anything else is 415.
  app.removeContentTypeParser('text/plain');

  app.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (access !== 'public' && access !== 'authenticated')
      throw new Error(`route ${String(route.method)} ${route.url} has no access; say "public" or "authenticated"`);
  });

  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(profile.headers);
    const origin = request.headers.origin;
    if (profile.reflectOrigins && origin !== undefined) {
      void reply.headers({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'content-type',
      });
      if (request.method === 'OPTIONS') return reply.code(204).send();
    }
    // An unknown path below /api asks for credentials too, so that nobody can tell which routes exist.
    const access = request.is404
      ? request.url.startsWith('/api/')
        ? 'authenticated'
        : 'public'
      : request.routeOptions.config.access;
    if (access !== 'public' && !(await profile.authenticate(request))) return unauthenticated(reply);
  });

  app.setErrorHandler<FastifyError | ProblemError>((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404));

  for (const route of routes)
    app.route({
      method: route.method,
      url: route.path,
      config: { access: route.access },
      handler: async (request, reply) => {
        const answer = await route.handle({ params: request.params, body: request.body });
        void reply.code(answer.status).headers(answer.headers ?? {});
        if (answer.contentType !== undefined) void reply.type(answer.contentType);
        return reply.send(answer.body);
      },
    });

  return {
    app,
    underWay: () => underWay,
    useCertificates: (bundle) => {
      if (server !== undefined && 'setSecureContext' in server && typeof server.setSecureContext === 'function')
        server.setSecureContext(tlsOptions(bundle));
    },
  };
};
