import {
  type AuditSink,
  type CertificateName,
  type Guard,
  type GuardEvent,
  type GuardOptions,
  type IssuerOptions,
  type Revocations,
  createGuard,
  createRedisStore,
} from '@palisade/fastify-guard';
import { Secret } from '@palisade/vault/secret';
import Fastify, { type FastifyPluginAsync } from 'fastify';
import type { LogLevel } from '../configuration/configuration.ts';
import type { CertificateBundle } from '../tls/certificates.ts';
import { type Application, type HttpServer, mountRoutes } from './application.ts';
import { loggerOptions } from './logging.ts';
import type { Route } from './route.ts';

/** Sends one command to Redis; rejects where it does not answer. */
export type SendCommand = (command: readonly string[]) => Promise<unknown>;

/** What the hardened server is told. */
export interface HardenedServerOptions {
  readonly logLevel: LogLevel;
  /** HTTPS alone where given; without, plain HTTP for tests that inject requests. */
  readonly tls?: CertificateBundle;
  /** Whose tokens are accepted. */
  readonly issuer: IssuerOptions;
  /** Tokens that end before their time; asked for each request that brings one. None does where absent. */
  readonly revocations?: Revocations;
  readonly audit: AuditSink;
  /** Where limits are counted, so that several instances count together; this process where absent. */
  readonly redis?: SendCommand;
  /** How many count together there. While it is away, each gives its part of a limit; one where absent. */
  readonly instances?: number;
  /** Networks of the gateway, whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** Names of certificates, one of which the gateway has to show to be believed. */
  readonly proxyNames?: readonly CertificateName[];
  readonly bounds?: GuardOptions['bounds'];
  /** Where log lines go; standard output where absent. */
  readonly logTo?: { readonly write: (line: string) => void };
}

/** The hardened server and its guard. */
export interface HardenedServer extends HttpServer {
  readonly guard: Guard;
}

/** Whoever may do more may do less: an administrator passes where a user is asked for. */
export const roles = { admin: ['user'], user: ['readonly'], readonly: [] } as const;

const logged = (event: GuardEvent, log: Application['log'] | undefined): void => {
  if (event.type === 'refused') log?.info({ guard: event }, 'refused');
  else log?.warn({ guard: event }, event.type);
};

const identityOfBundle = (
  bundle: CertificateBundle,
): { certificate: string; key: Secret; clientAuthorities: string } => ({
  certificate: bundle.cert,
  key: new Secret(bundle.key),
  clientAuthorities: bundle.ca,
});

/**
 * The production server: every route is behind the guard, which refuses to boot one that does not say who may call it.
 *
 * @throws GuardError where a route or an option is wrong
 */
export const createHardenedServer = async (
  options: HardenedServerOptions,
  routes: readonly Route[],
  plugins: readonly FastifyPluginAsync[] = [],
): Promise<HardenedServer> => {
  const { redis } = options;
  let log: Application['log'] | undefined;
  const guard = createGuard({
    roles,
    tokens: {
      issuers: [options.issuer],
      ...(options.revocations === undefined ? {} : { revocations: options.revocations }),
    },
    limits: {
      everywhere: [{ per: 'address', rates: ['600/minute'] }],
      ...(redis === undefined
        ? {}
        : {
            store: createRedisStore({ sendCommand: (command) => redis(command) }),
            // Without Redis each counts for itself, so that nobody gets more than before at all of them together.
            whenStoreFails: { instances: options.instances ?? 1 },
          }),
    },
    audit: { sink: options.audit },
    proxies: options.proxies,
    ...(options.proxyNames === undefined ? {} : { proxyNames: options.proxyNames }),
    bounds: { handlerTimeout: 10_000, headerBytes: 8 * 1024, bodyBytes: 16 * 1024, ...options.bounds },
    ...(options.tls === undefined
      ? {}
      : { tls: { ...identityOfBundle(options.tls), clients: 'optional', minimumVersion: 'TLSv1.2' } }),
    observe: (event) => logged(event, log),
  });
  const app: Application = Fastify({
    ...guard.fastify,
    logger: { ...loggerOptions(options.logLevel), ...(options.logTo === undefined ? {} : { stream: options.logTo }) },
  });
  log = app.log;
  await app.register(guard.plugin);
  for (const plugin of plugins) await app.register(plugin);
  mountRoutes(app, routes);
  return {
    app,
    guard,
    underWay: guard.inFlight,
    useCertificates: (bundle) => guard.useCertificate(identityOfBundle(bundle)),
  };
};
