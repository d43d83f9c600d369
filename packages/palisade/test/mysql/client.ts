import assert from 'node:assert/strict';
import type { Connection, SslOptions } from 'mysql2';
import type { Endpoint } from '../../src/contracts/runtime.ts';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';
import type { PostureChange } from '../posture-change.ts';
import { consumer, context, servers } from './database.ts';
import { type Login, withSession } from './session.ts';

/** The same login in the clear. */
export const inTheClear = ({ endpoint, user, password }: Login): Login => ({ endpoint, user, password });

/** How a server refuses a login. */
export const denied = /^Access denied(?: for user|, this account is locked)/;

/** What a client can do with the servers; with the first one where nothing else is said. */
export interface Client {
  readonly endpointOf: (server?: string) => Endpoint;
  readonly passwordOf: (path: string) => string;
  readonly tlsOf: (identity?: Identity) => SslOptions;
  /** The login of the consumer, changed as a case wants it. */
  readonly login: (changes?: Partial<Login>, server?: string) => Login;
  readonly asConsumer: <T>(use: (connection: Connection) => Promise<T>) => Promise<T>;
  /** Runs SQL as the administrator beside the server. */
  readonly administer: (sql: string, server?: string) => Promise<string>;
}

/** A client of the servers. `own` is the identity of the consumer. */
export const clientOf = (database: PostureChange, own: Identity): Client => {
  const endpointOf = (server: string = servers[0]) => database.runtime.endpoint(server, 3306) ?? assert.fail('no port');

  const passwordOf = (path: string): string => database.passwords.get(path) ?? assert.fail(`no password at ${path}`);

  const tlsOf = (identity: Identity | undefined = own): SslOptions => ({
    ca: database.authority,
    // The server is asked under another address than its name, so that its name is not looked at here.
    verifyIdentity: false,
    ...identity,
  });

  const login = (changes: Partial<Login> = {}, server: string = servers[0]): Login => ({
    user: consumer,
    password: passwordOf(`${server}/${consumer}`),
    tls: tlsOf(),
    ...changes,
    endpoint: changes.endpoint ?? endpointOf(server),
  });

  const asConsumer = <T>(use: (connection: Connection) => Promise<T>): Promise<T> =>
    withSession(login({ database: 'shop_data' }), use);

  const administer = async (sql: string, server: string = servers[0]): Promise<string> => {
    const { exitCode, stdout, stderr } = await database.runtime.exec(
      server,
      ['mariadb', '--batch', '--raw', '--skip-column-names'],
      { input: `${sql}\n`, signal: context.signal },
    );
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  };

  return { endpointOf, passwordOf, tlsOf, login, asConsumer, administer };
};
