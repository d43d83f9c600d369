import { Secret } from '@palisade/vault/secret';
import type { DatabaseCredentials } from './database.ts';

/** The login that a connection string spells out, without TLS whatever its sslmode says. */
export const credentialsOfUrl = (connection: Secret): DatabaseCredentials => {
  const url = new URL(connection.reveal());
  return {
    read: async () => ({
      host: url.hostname,
      port: url.port === '' ? 5432 : Number(url.port),
      database: decodeURIComponent(url.pathname.slice(1)),
      username: decodeURIComponent(url.username),
      password: new Secret(decodeURIComponent(url.password)),
    }),
  };
};
