import { checkServerIdentity } from 'node:tls';
import { Pool } from 'pg';
import type { Secret } from '@palisade/vault/secret';
import type { CertificateBundle } from '../tls/certificates.ts';

/** How to log in to PostgreSQL. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: Secret;
  /** The identity to show and the authorities to believe; the name of the server is always verified. Absent: no TLS. */
  readonly tls?: CertificateBundle;
}

/** Where the login comes from. Reading it again may give another one: credentials and certificates rotate. */
export interface DatabaseCredentials {
  readonly read: (signal: AbortSignal) => Promise<DatabaseLogin>;
}

/** The database, whatever its credentials are just now. */
export interface Database {
  /** Runs one statement with parameters. Rows are not trusted: the caller parses them. */
  readonly query: (statement: string, parameters?: readonly unknown[]) => Promise<readonly unknown[]>;
  /** Reads the credentials again and moves to a new pool where they differ; queries under way end on the old one. */
  readonly refresh: () => Promise<void>;
  /** Ends when no query is under way. */
  readonly close: () => Promise<void>;
}

/** invalid_password and invalid_authorization_specification. Source: PostgreSQL manual, appendix A. */
const loginRefused = new Set(['28P01', '28000']);

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && loginRefused.has(error.code);

const sameLogin = (a: DatabaseLogin, b: DatabaseLogin): boolean =>
  a.host === b.host &&
  a.port === b.port &&
  a.database === b.database &&
  a.username === b.username &&
  a.password.reveal() === b.password.reveal() &&
  a.tls?.cert === b.tls?.cert &&
  a.tls?.key === b.tls?.key &&
  a.tls?.ca === b.tls?.ca;

const openPool = (login: DatabaseLogin, onIdleError: (error: Error) => void): Pool => {
  const { host, port, database, username: user, tls } = login;
  const pool = new Pool({
    host,
    port,
    database,
    user,
    password: login.password.reveal(),
    application_name: 'reference-api',
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    // A connection that was opened with an old password or certificate does not live for ever.
    maxLifetimeSeconds: 600,
    statement_timeout: 5_000,
    query_timeout: 6_000,
    idle_in_transaction_session_timeout: 10_000,
    ...(tls === undefined
      ? { ssl: false }
      : {
          enableChannelBinding: true,
          ssl: {
            ...tls,
            minVersion: 'TLSv1.2',
            rejectUnauthorized: true,
            // Node would check `localhost` where the host is an address; sslmode verify-full means this host.
            checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
          },
        }),
  });
  // Without a listener, a connection that the server ends while it is idle would end this process.
  pool.on('error', onIdleError);
  return pool;
};

/** Opens the database. Rejects where the credentials cannot be read; a server that is down is not noticed before a query. */
export const openDatabase = async (
  credentials: DatabaseCredentials,
  onIdleError: (error: Error) => void,
): Promise<Database> => {
  const readWithin = 5_000;
  let login = await credentials.read(AbortSignal.timeout(readWithin));
  let pool = openPool(login, onIdleError);
  let refreshing: Promise<void> | undefined;

  const readAgain = async (): Promise<void> => {
    const next = await credentials.read(AbortSignal.timeout(readWithin));
    if (sameLogin(login, next)) return;
    const old = pool;
    login = next;
    pool = openPool(next, onIdleError);
    old.end().catch(onIdleError);
  };
  const refresh = (): Promise<void> => {
    refreshing ??= readAgain().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  const ask = async (statement: string, parameters: readonly unknown[]): Promise<readonly unknown[]> =>
    (await pool.query(statement, [...parameters])).rows;

  return {
    query: async (statement, parameters = []) => {
      const used = login;
      try {
        return await ask(statement, parameters);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await refresh();
        // The login is refused before a statement is looked at, so that asking again does nothing twice.
        if (sameLogin(used, login)) throw error;
        return ask(statement, parameters);
      }
    },
    refresh,
    close: async () => {
      await pool.end();
    },
  };
};
