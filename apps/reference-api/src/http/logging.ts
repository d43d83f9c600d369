import type { FastifyRequest } from 'fastify';
import type { LogLevel } from '../configuration/configuration.ts';

/** What of an error is written down: enough to find it, without the rows and parameters that drivers attach. */
const describeError = (error: unknown): { type: string; message: string; stack: string; code?: string } =>
  error instanceof Error
    ? {
        type: error.name,
        message: error.message,
        stack: error.stack ?? '',
        ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
      }
    : { type: typeof error, message: 'not an error', stack: '' };

/** A path without its query, where callers put tokens by mistake. */
const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url;

/** Options of the log: JSON lines without headers, bodies and queries, the places where secrets travel. */
export const loggerOptions = (
  level: LogLevel,
): {
  level: LogLevel;
  serializers: { req: (request: FastifyRequest) => Record<string, unknown>; err: typeof describeError };
} => ({
  level,
  serializers: {
    req: (request) => ({ method: request.method, path: withoutQuery(request.url), remoteAddress: request.ip }),
    err: describeError,
  },
});
