import type { DevelopmentConfiguration } from '../configuration/configuration.ts';
import { plaintextPortOf } from '../configuration/servers.ts';
import type { Credentials, Login } from '../connection/login.ts';
import { credentialsOfUrl } from '../connection/url.ts';
import { openDatabase } from '../database/database.ts';
import { usersOf } from '../database/users.ts';
import type { Application } from '../http/application.ts';
import { createDevelopmentServer } from '../http/development.ts';
import { type OpenNeighbour, openNeighbour } from '../neighbours.ts';
import { accountRoutes } from '../routes/account.ts';
import { developmentRoutes } from '../routes/development.ts';
import { healthRoutes } from '../routes/health.ts';
import { userRoutes } from '../routes/users.ts';
import { type Service, listen } from '../service.ts';
import { openWithToken } from '../vault/vault.ts';
import { atStart, checksOf, refreshAll, serviceOf } from './opening.ts';

/** Starts the service as on a laptop. @throws StartError */
export const startDevelopment = async (configuration: DevelopmentConfiguration): Promise<Service> => {
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
    ...accountRoutes,
    ...userRoutes(usersOf(database)),
    ...neighbours.flatMap((neighbour) => neighbour.routes),
  ];
  const http = createDevelopmentServer(configuration, [...routes, ...developmentRoutes(routes)]);
  log = http.app.log;
  const port = await listen(http, configuration);
  return serviceOf(http, port, opening.move(), {
    startDraining: () => {
      draining = true;
    },
    reload: () => refreshAll(database, neighbours),
  });
};
