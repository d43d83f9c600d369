import { type Pool, createPool } from 'mysql2/promise';
import type { ClientKind } from '../connection/connection.ts';

/** Access denied for user, to database, and account locked. Source: MySQL server error reference. */
const loginRefused = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED']);

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
  refused: (error) =>
    error instanceof Error && 'code' in error && typeof error.code === 'string' && loginRefused.has(error.code),
};
