import { Secret } from '@palisade/vault/secret';
import type { Credentials } from './login.ts';

/** The login that a connection string spells out, without TLS whatever its parameters say. */
export const credentialsOfUrl = (connection: Secret, defaultPort: number): Credentials => {
  const url = new URL(connection.reveal());
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    read: async () => ({
      host: url.hostname,
      port: url.port === '' ? defaultPort : Number(url.port),
      ...(database === '' ? {} : { database }),
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: new Secret(decodeURIComponent(url.password)) }),
    }),
  };
};
