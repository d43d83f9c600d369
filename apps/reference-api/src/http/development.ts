import { STATUS_CODES } from 'node:http';
import { problemType } from '@palisade/fastify-guard';
import Fastify, { type FastifyError } from 'fastify';
import type { LogLevel } from '../configuration/configuration.ts';
import { type Application, type HttpServer, mountRoutes } from './application.ts';
import { loggerOptions } from './logging.ts';
import type { Route } from './route.ts';

/**
 * The server of a laptop, open to everybody on purpose: nobody is asked who they are, errors tell about the inside, any
 * origin may read the answers, nothing is bounded. It is what the hardened one is compared with.
 */
export const createDevelopmentServer = (
  options: { readonly logLevel: LogLevel; readonly logTo?: { readonly write: (line: string) => void } },
  routes: readonly Route[],
): HttpServer => {
  let underWay = 0;
  const app: Application = Fastify({
    logger: { ...loggerOptions(options.logLevel), ...(options.logTo === undefined ? {} : { stream: options.logTo }) },
    forceCloseConnections: 'idle',
  });
  app.server.on('request', (_request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
  });
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined) return;
    void reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'content-type',
    });
    if (request.method === 'OPTIONS') return reply.code(204).send();
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'request failed');
    return reply
      .code(status)
      .type(problemType)
      .serializer(JSON.stringify)
      .send({
        type: 'about:blank',
        title: STATUS_CODES[status] ?? 'Error',
        status,
        detail: error.message,
        code: error.code,
        stack: error.stack,
      });
  });
  mountRoutes(app, routes);
  return { app, underWay: () => underWay, useCertificates: () => undefined };
};
