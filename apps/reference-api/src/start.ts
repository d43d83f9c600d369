import type { Configuration, DevelopmentConfiguration } from './configuration.ts';
import { openDatabase } from './database/database.ts';
import { credentialsOfUrl } from './database/development.ts';
import { usersOf } from './database/users.ts';
import { createServer } from './http/server.ts';
import { developmentProfile } from './profile.ts';
import { developmentRoutes } from './routes/development.ts';
import { healthRoutes } from './routes/health.ts';
import { userRoutes } from './routes/users.ts';
import { type Service, drain, listen } from './service.ts';

const startDevelopment = async (configuration: DevelopmentConfiguration): Promise<Service> => {
  const { credentials } = configuration;
  if (credentials.from !== 'environment') throw new Error('only DATABASE_URL');
  const database = await openDatabase(credentialsOfUrl(credentials.url), (error) =>
    http.app.log.warn({ err: error }, 'database connection lost'),
  );
  let draining = false;
  const routes = [
    ...healthRoutes({ database: () => database.query('SELECT 1') }, { details: true, draining: () => draining }),
    ...userRoutes(usersOf(database)),
  ];
  const http = createServer(developmentProfile(configuration), [...routes, ...developmentRoutes(routes)]);
  return {
    port: await listen(http, configuration),
    reload: database.refresh,
    stop: async (within) => {
      draining = true;
      await drain(http, [database.close], within);
    },
  };
};

/** Starts the service in the posture of its configuration. @throws StartError */
export const start = async (configuration: Configuration): Promise<Service> => {
  if (configuration.posture === 'development') return startDevelopment(configuration);
  throw new Error('hardened');
};
