import type { Socket } from 'node:net';
import type { FastifyPluginAsync, FastifyServerOptions } from 'fastify';
import { type OpenApiSecurity, openApiSecurity } from './access/openapi.ts';
import { type RouteRow, accessTable } from './access/table.ts';
import type { SettledPolicy } from './access/policy.ts';
import { readRoles } from './access/roles.ts';
import { clientPrefix, normalAddress, readProxies } from './address/address.ts';
import { readBelieved } from './address/believed.ts';
import { systemNow } from './clock.ts';
import { GuardError } from './errors.ts';
import { readBounds } from './http/bounds.ts';
import { answerClientError } from './http/client-errors.ts';
import { readCors } from './http/cors.ts';
import { headersWith } from './http/headers.ts';
import { type CertificateBundle, checkTlsOptions, createListener } from './http/listener.ts';
import { createOverload } from './http/overload.ts';
import { readCredentials } from './options/authenticators.ts';
import { requireFunction, requireOneOf, requireWholeNumber, unknownOptions } from './options/check.ts';
import { readLimits } from './options/limits.ts';
import { type GuardEvent, type GuardOptions, optionNames } from './options/options.ts';
import { createPlugin } from './plugin/plugin.ts';
import { sendProblem } from './plugin/send.ts';
import { problemOfError } from './problem/of-error.ts';
import type { LocalKey } from './token/keys.ts';

/** The parts of Fastify's options that the guard sets; spread them into yours. */
export type GuardedServerOptions = Pick<
  FastifyServerOptions,
  | 'serverFactory'
  | 'bodyLimit'
  | 'requestTimeout'
  | 'forceCloseConnections'
  | 'return503OnClosing'
  | 'requestIdHeader'
  | 'clientErrorHandler'
  | 'frameworkErrors'
  | 'trustProxy'
  | 'ajv'
>;

/** One guard for one Fastify application. */
export interface Guard {
  /** `Fastify({ ...guard.fastify })`: listener, bounds, answers to what never becomes a request. */
  readonly fastify: GuardedServerOptions;
  /** `await app.register(guard.plugin)`, before every route. */
  readonly plugin: FastifyPluginAsync;
  /** The access table of the routes that are there, as plain data; `formatRoutes` makes text of it. */
  readonly routes: () => readonly RouteRow[];
  /** Security schemes, and the security and error answers of each route, for OpenAPI 3.1. */
  readonly openapi: () => OpenApiSecurity;
  /** Serves another certificate from the next handshake on. Throws GuardError, and keeps the old one. */
  readonly useCertificate: (bundle: CertificateBundle) => void;
  /** Swaps the local keys of an issuer: the old and the new ones together first, later the new ones alone. Throws GuardError. */
  readonly useKeys: (issuer: string, keys: readonly LocalKey[]) => void;
  /** Requests that have arrived and are not answered yet. */
  readonly inFlight: () => number;
}

/** Makes a guard. Throws GuardError where an option is wrong. */
export const createGuard = (options: GuardOptions): Guard => {
  unknownOptions(options, optionNames, 'guard');
  requireOneOf(options.server, [undefined, 'guarded', 'foreign'], 'server');
  const { now = systemNow, tls, audit } = options;
  requireFunction(now, 'now');
  if (options.observe !== undefined) requireFunction(options.observe, 'observe');
  if (tls !== undefined) checkTlsOptions(tls);
  if (tls !== undefined && options.server === 'foreign')
    throw new GuardError('guard/option-invalid', 'tls is for a listener of the guard, and server is foreign');
  if (audit !== undefined) {
    unknownOptions(audit, ['sink', 'timeout'], 'audit');
    requireFunction(audit.sink.append, 'audit.sink.append');
    requireWholeNumber(audit.timeout ?? 5_000, 1, 'audit.timeout');
  }
  const observe = (event: GuardEvent): void => {
    try {
      options.observe?.(event);
    } catch {
      // Whoever looks on changes no answer.
    }
  };
  const closing = new AbortController();
  const bounds = readBounds(options.bounds ?? {});
  const headers = headersWith(options.headers ?? {});
  const isProxy = readProxies(options.proxies ?? []);
  const believes = readBelieved(options, isProxy, now);
  const overload = createOverload(options.overload ?? {});
  const limits = readLimits(options.limits ?? {}, now, (answers, reason) =>
    observe({ type: 'limit-store', answers, reason }),
  );
  const credentials = readCredentials(options, now, closing.signal, (issuer, reason) =>
    observe({ type: 'keys-not-fetched', issuer, reason }),
  );
  const policies: SettledPolicy[] = [];
  const countOf = (socket: Socket): string | undefined => {
    const address = normalAddress(socket.remoteAddress ?? '');
    return address === undefined || isProxy(address) ? undefined : clientPrefix(address);
  };
  const listener = createListener(tls, bounds, { now, countOf, clientError: answerClientError(headers) });
  const fastify: GuardedServerOptions = {
    serverFactory: (handler) => listener.serve(handler),
    bodyLimit: bounds.bodyBytes,
    requestTimeout: bounds.requestTimeout,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    // An id that the caller chose would let it write into the log.
    requestIdHeader: false,
    // Fastify asks about addresses alone.
    trustProxy:
      options.proxyNames === undefined ? (address: string) => isProxy(normalAddress(address) ?? address) : false,
    // A member that nobody expects is an error, not something to drop in silence.
    ajv: { customOptions: { removeAdditional: false } },
    // The listener answers, on each of its servers.
    clientErrorHandler: () => undefined,
    // An address that does not decode reaches no hook.
    frameworkErrors: (error, request, reply) => {
      request.log.info({ code: error.code }, 'request refused');
      void reply.headers(headers);
      void sendProblem(reply, problemOfError(error));
    },
  };

  return {
    fastify,
    plugin: createPlugin({
      options,
      now,
      headers,
      cors: options.cors === undefined ? undefined : readCors(options.cors),
      overload,
      limits,
      credentials,
      roles: readRoles(options.roles ?? {}),
      audit: audit === undefined ? undefined : { sink: audit.sink, timeout: audit.timeout ?? 5_000 },
      isProxy,
      believes,
      handlerTimeout: options.server === 'foreign' ? undefined : bounds.handlerTimeout,
      observe,
      policies,
      listener,
      close: () => closing.abort(),
    }),
    routes: () => accessTable(policies),
    openapi: () =>
      openApiSecurity(policies, credentials.kinds, {
        apiKeyHeader: credentials.apiKeys?.header ?? '',
        dpop: credentials.proofs !== undefined,
      }),
    useCertificate: listener.useCertificate,
    useKeys: (name, keys) => {
      const replace = credentials.issuers.find((issuer) => issuer.name === name)?.replaceKeys;
      if (replace === undefined)
        throw new GuardError('guard/issuer-unknown', `${JSON.stringify(name)} is no issuer with local keys`);
      replace(keys);
    },
    inFlight: overload.inFlight,
  };
};
