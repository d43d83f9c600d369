import { checkServerIdentity } from 'node:tls';
import { Pool } from 'pg';
import { type ClientKind, openConnection } from '../connection/connection.ts';
import type { Credentials } from '../connection/login.ts';
import { codeOf } from '../connection/unavailable.ts';

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

/**
 * Connection exceptions, insufficient resources, operator intervention but for a cancelled statement, system errors.
 * Source: PostgreSQL manual, appendix A.
 */
const awayCode = /^(?:08|53|57P0[1-5]|58)/;
/** What the client says of a connection that it does not get, or that ended; these have no code. */
const awayText = /^(?:timeout exceeded when trying to connect|Connection terminated|Query read timeout)/;

/**
 * Bounds that the server itself keeps, in milliseconds. They travel in the packet that opens a connection; a pooler hands
 * its connections on to others and refuses such settings, so behind one the client's own bound and the pooler's have to do.
 */
const serverBounds = { statement_timeout: 5_000, idle_in_transaction_session_timeout: 10_000 } as const;

const postgresClients = (pooled: boolean): ClientKind<Pool> => ({
  open: async ({ host, port, database, username, password, tls }, onIdleError) => {
    const pool = new Pool({
      host,
      port,
      ...(database === undefined ? {} : { database }),
      ...(username === undefined ? {} : { user: username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
      application_name: 'reference-api',
      max: 10,
      connectionTimeoutMillis: 3_000,
      idleTimeoutMillis: 30_000,
      // A connection that was opened with an old password or certificate does not live for ever.
      maxLifetimeSeconds: 600,
      query_timeout: 6_000,
      ...(pooled ? {} : serverBounds),
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
  },
  close: (pool) => pool.end(),
  refused: (error) => loginRefused.has(codeOf(error) ?? ''),
  unavailable: (error) =>
    awayCode.test(codeOf(error) ?? '') || (error instanceof Error && awayText.test(error.message)),
});

/** Opens the database; `pooled` where a pooler is in front of it. Rejects where the credentials cannot be read; a server that is down is not noticed before a query. */
export const openDatabase = async (
  credentials: Credentials,
  onIdleError: (error: Error) => void,
  { pooled = false }: { readonly pooled?: boolean } = {},
): Promise<Database> => {
  const connection = await openConnection(credentials, postgresClients(pooled), onIdleError);
  return {
    query: (statement, parameters = []) =>
      connection.use(async (pool) => (await pool.query(statement, [...parameters])).rows),
    refresh: connection.refresh,
    close: connection.close,
  };
};
