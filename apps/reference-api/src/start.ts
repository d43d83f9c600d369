import type { Configuration, DevelopmentConfiguration, HardenedConfiguration } from './configuration.ts';
import { type Database, type DatabaseCredentials, openDatabase } from './database/database.ts';
import { credentialsOfUrl } from './database/development.ts';
import { usersOf } from './database/users.ts';
import { StartError, messageOf } from './errors.ts';
import { type Application, createServer } from './http/server.ts';
import { developmentProfile, hardenedProfile } from './profile.ts';
import { developmentRoutes } from './routes/development.ts';
import { healthRoutes } from './routes/health.ts';
import { userRoutes } from './routes/users.ts';
import { type Service, drain, listen } from './service.ts';
import { watchCertificates } from './tls/watch.ts';
import { openWithAppRole, openWithToken } from './vault/vault.ts';

/** Opens the database with credentials that were read once; what keeps them from being read ends the start. */
const openDatabaseAtStart = async (
  credentials: DatabaseCredentials,
  onIdleError: (error: Error) => void,
): Promise<Database> => {
  try {
    return await openDatabase(credentials, onIdleError);
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError('vault/credentials-unusable', `the database credentials: ${messageOf(error)}`, error);
  }
};

const startDevelopment = async (configuration: DevelopmentConfiguration): Promise<Service> => {
  await using opening = new AsyncDisposableStack();
  const from = configuration.credentials;
  let log: Application['log'] | undefined;

  const credentials = ((): DatabaseCredentials => {
    if (from.from === 'environment') return credentialsOfUrl(from.url);
    const vault = opening.adopt(openWithToken(from.address, from.token), ({ close }) => close());
    return { read: (signal) => vault.readLogin(from.path, signal) };
  })();
  const database = opening.adopt(
    await openDatabaseAtStart(credentials, (error) => log?.warn({ err: error }, 'database connection lost')),
    ({ close }) => close(),
  );

  let draining = false;
  const routes = [
    ...healthRoutes({ database: () => database.query('SELECT 1') }, { details: true, draining: () => draining }),
    ...userRoutes(usersOf(database)),
  ];
  const http = createServer(developmentProfile(configuration), [...routes, ...developmentRoutes(routes)]);
  log = http.app.log;
  const port = await listen(http, configuration);
  const opened = opening.move();
  return {
    port,
    reload: database.refresh,
    stop: (within) => {
      draining = true;
      return drain(http, () => opened.disposeAsync(), within);
    },
  };
};

const startHardened = async (configuration: HardenedConfiguration): Promise<Service> => {
  await using opening = new AsyncDisposableStack();
  let log: Application['log'] | undefined;
  const warn =
    (message: string) =>
    (error: unknown): void =>
      log?.warn({ err: error }, message);

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
  const clientIdentity = opening.adopt(
    await watchCertificates(configuration.clientCertificates, {
      changed: () => void database.refresh().catch(warn('cannot read the database credentials again')),
      failed: warn('the client certificates changed but cannot be used'),
    }),
    ({ close }) => close(),
  );
  const vault = opening.adopt(
    await openWithAppRole(configuration, (event) => log?.info({ vault: event }, 'vault session')),
    ({ close }) => close(),
  );
  const credentials: DatabaseCredentials = {
    read: async (signal) => ({
      ...(await vault.readLogin(configuration.database.path, signal)),
      tls: clientIdentity.current(),
    }),
  };
  const database = opening.adopt(
    await openDatabaseAtStart(credentials, warn('database connection lost')),
    ({ close }) => close(),
  );
  const refreshing = opening.adopt(
    setInterval(
      () => void database.refresh().catch(warn('cannot read the database credentials again')),
      configuration.database.refreshEvery,
    ),
    clearInterval,
  );
  refreshing.unref();

  let draining = false;
  const http = createServer(hardenedProfile(configuration, serverIdentity.current()), [
    ...healthRoutes(
      { database: () => database.query('SELECT 1'), vault: vault.check },
      { details: false, draining: () => draining },
    ),
    ...userRoutes(usersOf(database)),
  ]);
  log = http.app.log;
  const port = await listen(http, configuration);
  const opened = opening.move();
  return {
    port,
    reload: async () => {
      await Promise.all([serverIdentity.reload(), clientIdentity.reload()]);
      await database.refresh();
    },
    stop: (within) => {
      draining = true;
      return drain(http, () => opened.disposeAsync(), within);
    },
  };
};

/** Starts the service in the posture of its configuration. @throws StartError */
export const start = (configuration: Configuration): Promise<Service> =>
  configuration.posture === 'development' ? startDevelopment(configuration) : startHardened(configuration);
