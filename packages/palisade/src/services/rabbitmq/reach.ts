import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { messageOf } from '../../support/errors.ts';
import type { Reception } from './evidence.ts';
import { converse, listens } from './wire.ts';

/** Nobody gets in this way. */
export const closed: Reception = { greeting: 'closed', mechanisms: [] };

/** Milliseconds for one answer of HTTP. */
const bound = 5000;

/** Tries to be greeted. A server that listens and hangs up has refused; one that is silent is unknown. */
export const received = async (
  endpoint: Endpoint,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<Reception> => {
  try {
    return await converse({ endpoint, ...(tls === undefined ? {} : { tls }) }, signal, ({ mechanisms }) =>
      Promise.resolve({ greeting: 'answered', mechanisms }),
    );
  } catch (thrown) {
    signal.throwIfAborted();
    if (messageOf(thrown).startsWith('no answer within') || !(await listens(endpoint, signal))) throw thrown;
    return closed;
  }
};

/** Asks the management interface who one is; the status says whether it answers, and 200 that a login is taken. */
export const askManagement = async (
  endpoint: Endpoint,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
  login?: { readonly user: string; readonly password: string },
): Promise<number | 'closed'> => {
  try {
    return await withTimeout(
      bound,
      signal,
      (limit) =>
        new Promise<number>((resolve, reject) => {
          const options = {
            host: endpoint.host,
            port: endpoint.port,
            path: '/api/whoami',
            agent: false,
            signal: limit,
            ...(login === undefined ? {} : { auth: `${login.user}:${login.password}` }),
          } as const;
          const request =
            tls === undefined ? requestPlain(options) : requestTls({ ...options, ...tls, rejectUnauthorized: false });
          request.once('response', (response) => {
            response.destroy();
            resolve(response.statusCode ?? 0);
          });
          request.once('error', reject);
          request.end();
        }),
    );
  } catch (thrown) {
    signal.throwIfAborted();
    if (messageOf(thrown).startsWith('no answer within') || !(await listens(endpoint, signal))) throw thrown;
    return 'closed';
  }
};
