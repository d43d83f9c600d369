import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { messageOf } from '../../support/errors.ts';
import type { Reception } from './evidence.ts';
import { converse, listens } from './wire.ts';

/** Nobody gets in this way. */
export const closed: Reception = { greeting: 'closed', mechanisms: [] };

/** Milliseconds for one handshake or one answer of HTTP. */
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

/** True where the server answers a TLS greeting in kind, whatever comes of it. */
const shakesHands = (endpoint: Endpoint, options: ConnectionOptions, signal: AbortSignal): Promise<boolean> =>
  withTimeout(
    bound,
    signal,
    (limit) =>
      new Promise<boolean>((resolve, reject) => {
        const socket = connect({ ...options, host: endpoint.host, port: endpoint.port });
        let greeted = false;
        const end = (act: () => void): void => {
          socket.destroy();
          act();
        };
        limit.addEventListener('abort', () => socket.destroy(), { once: true });
        socket.once('secureConnect', () => end(() => resolve(true)));
        socket.on('error', (failure: NodeJS.ErrnoException) => {
          // A server that does not take the version says so; one that misses a certificate has taken it.
          greeted ||= /certificate required|handshake failure|bad certificate/i.test(failure.message);
          if (failure.code === 'ECONNREFUSED') end(() => reject(failure));
          else end(() => resolve(greeted));
        });
        socket.once('close', () => resolve(greeted));
      }),
  );

/** The versions of TLS that a port takes. */
export const tlsVersions = async (endpoint: Endpoint, signal: AbortSignal): Promise<readonly string[]> => {
  const accepted: string[] = [];
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
    const tls = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false };
    if (await shakesHands(endpoint, tls, signal)) accepted.push(version);
  }
  return accepted;
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
