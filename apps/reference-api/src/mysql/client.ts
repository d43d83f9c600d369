import { type Pool, createPool } from 'mysql2/promise';
import type { ClientKind } from '../connection/connection.ts';
import { codeOf } from '../connection/unavailable.ts';

/** Access denied for user, to database, and account locked. Source: MySQL server error reference. */
const loginRefused = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED']);

/** Too many connections, server shutdown, limits of an account, and what the client says of a connection that ended. */
const away = new Set([
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'HANDSHAKE_SSL_ERROR',
]);

/** Pools of MySQL and MariaDB. */
export const mysqlClients: ClientKind<Pool> = {
  open: async ({ host, port, database, username, password, tls }) =>
    createPool({
      host,
      port,
      connectionLimit: 10,
      maxIdle: 10,
      idleTimeout: 30_000,
      connectTimeout: 3_000,
      waitForConnections: true,
      queueLimit: 200,
      enableKeepAlive: true,
      // Neither several statements in one, nor files of this machine for a server that asks for them.
      multipleStatements: false,
      flags: ['-LOCAL_FILES'],
      ...(database === undefined ? {} : { database }),
      ...(username === undefined ? {} : { user: username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
      ...(tls === undefined
        ? {}
        : { ssl: { ...tls, minVersion: 'TLSv1.2', rejectUnauthorized: true, verifyIdentity: true } }),
    }),
  close: (pool) => pool.end(),
  refused: (error) => loginRefused.has(codeOf(error) ?? ''),
  unavailable: (error) => away.has(codeOf(error) ?? ''),
};
