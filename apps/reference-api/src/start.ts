import {
  type Configuration,
  type DevelopmentConfiguration,
  type HardenedConfiguration,
  plaintextPortOf,
} from './configuration.ts';
import type { Credentials, Login } from './connection/login.ts';
import { credentialsOfUrl } from './connection/url.ts';
import { type Database, openDatabase } from './database/database.ts';
import { usersOf } from './database/users.ts';
import { StartError, messageOf } from './errors.ts';
import { type Application, type HttpServer, createServer } from './http/server.ts';
import { type OpenNeighbour, openNeighbour } from './neighbours.ts';
import { developmentProfile, hardenedProfile } from './profile.ts';
import { developmentRoutes } from './routes/development.ts';
import { healthRoutes } from './routes/health.ts';
import { userRoutes } from './routes/users.ts';
import { type Service, drain, listen } from './service.ts';
import { watchCertificates } from './tls/watch.ts';
import { openWithAppRole, openWithToken } from './vault/vault.ts';

/** Opens with credentials that were read once; what keeps them from being read ends the start. */
const atStart = async <Opened>(what: string, open: () => Promise<Opened>): Promise<Opened> => {
  try {
    return await open();
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError('vault/credentials-unusable', `the credentials of ${what}: ${messageOf(error)}`, error);
  }
};

const checksOf = (neighbours: readonly OpenNeighbour[]): Record<string, () => Promise<void>> =>
  Object.fromEntries(neighbours.map(({ name, check }) => [name, check]));

const refreshAll = async (database: Database, neighbours: readonly OpenNeighbour[]): Promise<void> => {
  await Promise.all([database, ...neighbours].map(({ refresh }) => refresh()));
};

/** The running service: what it opened is closed in reverse order, after the requests that use it. */
const serviceOf = (
  http: HttpServer,
  port: number,
  opened: AsyncDisposableStack,
  members: { readonly startDraining: () => void; readonly reload: () => Promise<void> },
): Service => ({
  port,
  reload: members.reload,
  stop: (within) => {
    members.startDraining();
    return drain(http, () => opened.disposeAsync(), within);
  },
});

const startDevelopment = async (configuration: DevelopmentConfiguration): Promise<Service> => {
  await using opening = new AsyncDisposableStack();
  const from = configuration.credentials;
  let log: Application['log'] | undefined;
  const lost =
    (what: string) =>
    (error: Error): void =>
      log?.warn({ err: error }, `${what} connection lost`);

  const credentials = ((): Credentials => {
    if (from.from === 'environment') return credentialsOfUrl(from.url, 5432);
    const vault = opening.adopt(openWithToken(from.address, from.token), ({ close }) => close());
    return { read: (signal) => vault.readLogin(from.entry, signal) };
  })();
  const database = opening.adopt(
    await atStart('the database', () => openDatabase(credentials, lost('database'))),
    ({ close }) => close(),
  );
  const neighbours: OpenNeighbour[] = [];
  for (const [name, urls] of configuration.neighbours) {
    const each = urls.map((url) => credentialsOfUrl(url, plaintextPortOf(name)));
    const read = async (signal: AbortSignal): Promise<Login> => {
      const [login, ...nodes] = await Promise.all(each.map((one) => one.read(signal)));
      if (login === undefined) throw new TypeError('a list of connection strings is never empty');
      return { ...login, ...(nodes.length === 0 ? {} : { nodes }) };
    };
    neighbours.push(
      opening.adopt(await atStart(name, () => openNeighbour(name, { read }, lost(name))), ({ close }) => close()),
    );
  }

  let draining = false;
  const routes = [
    ...healthRoutes(
      { database: () => database.query('SELECT 1'), ...checksOf(neighbours) },
      { details: true, draining: () => draining },
    ),
    ...userRoutes(usersOf(database)),
    ...neighbours.flatMap((neighbour) => neighbour.routes),
  ];
  const http = createServer(developmentProfile(configuration), [...routes, ...developmentRoutes(routes)]);
  log = http.app.log;
  const port = await listen(http, configuration);
  return serviceOf(http, port, opening.move(), {
    startDraining: () => {
      draining = true;
    },
    reload: () => refreshAll(database, neighbours),
  });
};

const startHardened = async (configuration: HardenedConfiguration): Promise<Service> => {
  await using opening = new AsyncDisposableStack();
  let log: Application['log'] | undefined;
  const warn =
    (message: string) =>
    (error: unknown): void =>
      log?.warn({ err: error }, message);
  const unreadable = warn('cannot read the credentials again');

  const serverIdentity = opening.adopt(
    await watchCertificates(configuration.serverCertificates, {
      changed: (bundle) => {
        http.useCertificates(bundle);
        log?.info('serving a new certificate');
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
    await openWithAppRole(configuration, (event) => log?.info({ vault: event }, 'vault session')),
    ({ close }) => close(),
  );
  const keptAt = (entry: HardenedConfiguration['database']): Credentials => ({
    read: async (signal) => ({ ...(await vault.readLogin(entry, signal)), tls: clientIdentity.current() }),
  });
  const database = opening.adopt(
    await atStart('the database', () => openDatabase(keptAt(configuration.database), warn('database connection lost'))),
    ({ close }) => close(),
  );
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
  const http = createServer(hardenedProfile(configuration, serverIdentity.current()), [
    ...healthRoutes(
      { database: () => database.query('SELECT 1'), ...checksOf(neighbours), vault: vault.check },
      { details: false, draining: () => draining },
    ),
    ...userRoutes(usersOf(database)),
    ...neighbours.flatMap((neighbour) => neighbour.routes),
  ]);
  log = http.app.log;
  const port = await listen(http, configuration);
  return serviceOf(http, port, opening.move(), {
    startDraining: () => {
      draining = true;
    },
    reload: async () => {
      await Promise.all([serverIdentity.reload(), clientIdentity.reload()]);
      await refreshAll(database, neighbours);
    },
  });
};

/** Starts the service in the posture of its configuration. @throws StartError */
export const start = (configuration: Configuration): Promise<Service> =>
  configuration.posture === 'development' ? startDevelopment(configuration) : startHardened(configuration);
