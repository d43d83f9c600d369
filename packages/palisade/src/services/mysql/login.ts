import { createConnection, type SslOptions } from 'mysql2';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { messageOf } from '../../support/errors.ts';
import type { LoginResult } from './evidence.ts';

/** Milliseconds for one login. */
const bound = 5000;

/** Numbers of errors. Sources: MySQL server error reference; MariaDB error codes. */
const numbers = {
  /** Wrong password or certificate, unknown account, address not let in, account locked (MySQL, MariaDB). */
  denied: new Set([1045, 1698, 1130, 1251, 1275, 3118, 4151]),
  tlsDemanded: new Set([3159]),
  /** No right on a database, password expired, too many connections of the account: said to somebody who was let in. */
  afterLogin: new Set([1044, 1203, 1226, 1820, 1862]),
} as const;

const numberOf = (thrown: unknown): number | undefined =>
  typeof thrown === 'object' && thrown !== null && 'errno' in thrown && typeof thrown.errno === 'number'
    ? thrown.errno
    : undefined;

const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : '';

/** Reads a failure to log in; undefined where the server could not decide, so that nothing is known. */
export const readFailure = (thrown: unknown): LoginResult | undefined => {
  const number = numberOf(thrown);
  if (number !== undefined && numbers.denied.has(number)) return 'denied';
  if (number !== undefined && numbers.tlsDemanded.has(number)) return 'tls-demanded';
  if (number !== undefined && numbers.afterLogin.has(number)) return 'let-in';
  // The client says so where the server offers no TLS; it does not go on without.
  if (codeOf(thrown) === 'HANDSHAKE_NO_SSL_SUPPORT') return 'closed';
  // An alert in the handshake: the certificate, or its lack, is refused.
  // A server that merely hangs up may have any reason.
  if (/\balert\b/i.test(messageOf(thrown))) return 'closed';
  return undefined;
};

/** Logs in once, and out again. Without `tls` the password travels in the clear, as it would with any client. */
export const logIn = (
  { host, port }: Endpoint,
  { user, password }: { readonly user: string; readonly password: string },
  tls: SslOptions | undefined,
  signal: AbortSignal,
): Promise<LoginResult> =>
  withTimeout(bound, signal, async (limit) => {
    const connection = createConnection({
      host,
      port,
      user,
      password,
      connectTimeout: bound,
      // The server may ask for a file of this machine; nobody reads one for it.
      flags: ['-LOCAL_FILES'],
      ...(tls === undefined ? {} : { ssl: tls }),
    });
    // A late error after the answer (a reset) is of no interest.
    connection.on('error', () => undefined);
    const destroy = (): void => connection.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        connection.connect((failure) => (failure === null ? resolve() : reject(failure)));
      });
      return 'let-in';
    } catch (thrown) {
      limit.throwIfAborted();
      const read = readFailure(thrown);
      if (read === undefined) throw thrown;
      return read;
    } finally {
      limit.removeEventListener('abort', destroy);
      destroy();
    }
  });
