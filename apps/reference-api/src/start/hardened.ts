import type { HardenedConfiguration, ServerEntry } from '../configuration/configuration.ts';
import type { Credentials } from '../connection/login.ts';
import { openDatabase } from '../database/database.ts';
import { usersOf } from '../database/users.ts';
import { createHardenedServer } from '../http/hardened.ts';
import { type OpenNeighbour, openNeighbour } from '../neighbours.ts';
import { accountRoutes } from '../routes/account.ts';
import { healthRoutes } from '../routes/health.ts';
import { documentRoute, openApiOf } from '../routes/openapi.ts';
import { userRoutes } from '../routes/users.ts';
import { type Service, listen } from '../service.ts';
import { watchCertificates } from '../tls/watch.ts';
import { openWithAppRole } from '../vault/vault.ts';
import { openAudit } from './audit.ts';
import { openIssuer } from './issuer.ts';
import { createLateLog } from './late-log.ts';
import { atStart, checksOf, refreshAll, serviceOf, settleWithin } from './opening.ts';

/** Starts the service behind the guard. @throws StartError */
export const startHardened = async (configuration: HardenedConfiguration): Promise<Service> => {
  await using opening = new AsyncDisposableStack();
  const log = createLateLog();
  const warn =
    (message: string) =>
    (error: unknown): void =>
      log.warn({ err: error }, message);
  const unreadable = warn('cannot read the credentials again');

  const serverIdentity = opening.adopt(
    await watchCertificates(configuration.serverCertificates, {
      changed: (bundle) => {
        http.useCertificates(bundle);
        log.info({}, 'serving a new certificate');
      },
      failed: warn('the server certificates changed but cannot be used'),
    }),
    ({ close }) => close(),
  );
  const neighbours: OpenNeighbour[] = [];
  const clientIdentity = opening.adopt(
    await watchCertificates(configuration.clientCertificates, {
      changed: () => void refreshAll(database, neighbours).catch(unreadable),
      failed: warn('the client certificates changed but cannot be used'),
    }),
    ({ close }) => close(),
  );
  const vault = opening.adopt(
    await openWithAppRole(configuration, (event) => log.info({ vault: event }, 'vault session')),
    ({ close }) => close(),
  );
  const audit = opening.adopt(
    await openAudit(
      configuration.auditDirectory,
      configuration,
      vault,
      warn('a checkpoint of the audit log was not signed'),
    ),
    ({ close }) => close(),
  );
  const keptAt = (entry: ServerEntry): Credentials => ({
    read: async (signal) => ({ ...(await vault.readLogin(entry, signal)), tls: clientIdentity.current() }),
  });
  const database = opening.adopt(
    await atStart('the database', () =>
      openDatabase(keptAt(configuration.database), warn('database connection lost'), {
        pooled: configuration.databasePooled,
      }),
    ),
    ({ close }) => close(),
  );
  const issuer = await openIssuer(configuration, { vault, database, log });
  const { server } = issuer;
  opening.defer(() => server?.close());
  for (const [name, entry] of configuration.neighbours)
    neighbours.push(
      opening.adopt(
        await atStart(name, () => openNeighbour(name, keptAt(entry), warn(`${name} connection lost`))),
        ({ close }) => close(),
      ),
    );
  opening
    .adopt(
      setInterval(() => void refreshAll(database, neighbours).catch(unreadable), configuration.refreshEvery),
      clearInterval,
    )
    .unref();

  let draining = false;
  const routes = [
    ...healthRoutes(
      {
        database: () => database.query('SELECT 1'),
        ...checksOf(neighbours),
        vault: vault.check,
        ...(server === undefined ? {} : { 'authorization server': server.ready }),
      },
      {
        details: false,
        draining: () => draining,
        // Strangers learn yes or no; which one it is stands in the log.
        observe: (name, reason) =>
          reason === undefined
            ? log.info({ dependency: name }, 'a dependency answers again')
            : log.warn({ dependency: name, err: reason }, 'a dependency does not answer'),
      },
    ),
    ...accountRoutes,
    ...userRoutes(usersOf(database)),
    ...neighbours.flatMap((neighbour) => neighbour.routes),
  ];
  const redis = neighbours.find(({ name }) => name === 'redis');
  // Nobody is let in before this instance counts with the others, and can tell which tokens were revoked.
  await Promise.all([
    settleWithin(redis?.check(), warn('redis does not answer yet; limits are counted here alone')),
    settleWithin(server?.ready(), warn('listening before the tables of the authorization server are there')),
  ]);
  const http = await createHardenedServer(
    {
      logLevel: configuration.logLevel,
      tls: serverIdentity.current(),
      issuer: issuer.options,
      ...(server === undefined ? {} : { revocations: server.revocations }),
      audit,
      proxies: configuration.proxies,
      ...(configuration.proxyNames === undefined ? {} : { proxyNames: configuration.proxyNames }),
      ...(redis?.send === undefined ? {} : { redis: redis.send, instances: configuration.instances }),
    },
    [...routes, documentRoute(() => openApiOf(routes, http.guard.openapi()))],
    server === undefined ? [] : [server.plugin],
  );
  if (server !== undefined) {
    const follow = (keys: ReturnType<typeof server.localKeys>): void => http.guard.useKeys(configuration.origin, keys);
    server.onKeysChanged(follow);
    // They may have changed while the neighbours were opened.
    follow(server.localKeys());
  }
  log.continueIn(http.app.log);
  const port = await listen(http, configuration);
  return serviceOf(http, port, opening.move(), {
    startDraining: () => {
      draining = true;
    },
    reload: async () => {
      await Promise.all([serverIdentity.reload(), clientIdentity.reload()]);
      await Promise.all([refreshAll(database, neighbours), server?.refreshKeys()]);
    },
  });
};
