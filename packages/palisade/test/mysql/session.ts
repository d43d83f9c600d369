import { createConnection, type Connection, type RowDataPacket, type SslOptions } from 'mysql2';
import type { Endpoint } from '../../src/contracts/runtime.ts';
import { messageOf } from '../../src/support/errors.ts';

/** Who logs in, and over which TLS; without `tls` in the clear. */
export interface Login {
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  readonly tls?: SslOptions;
}

/** Opens a connection, or rejects with what the server said. */
export const open = ({ endpoint: { host, port }, user, password, database, tls }: Login): Promise<Connection> => {
  const connection = createConnection({
    host,
    port,
    user,
    password,
    connectTimeout: 5000,
    ...(database === undefined ? {} : { database }),
    ...(tls === undefined ? {} : { ssl: tls }),
  });
  connection.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    connection.connect((failure) => {
      if (failure === null) return resolve(connection);
      connection.destroy();
      reject(failure);
    });
  });
};

/** Runs one statement and resolves to the values of its rows. */
export const ask = (connection: Connection, sql: string): Promise<readonly unknown[]> =>
  new Promise((resolve, reject) => {
    connection.query<RowDataPacket[]>(sql, (failure, rows) => {
      if (failure === null) resolve(Array.isArray(rows) ? rows.flatMap((row) => Object.values(row)) : []);
      else reject(failure);
    });
  });

/** Logs in, uses the connection, and closes it whatever happens. */
export const withSession = async <T>(login: Login, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await open(login);
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
};

/** What becomes of an attempt to get in: `let in`, or what the server or the handshake said. */
export const attempt = async (login: Login): Promise<string> => {
  try {
    return await withSession(login, () => Promise.resolve('let in'));
  } catch (thrown) {
    return messageOf(thrown);
  }
};
