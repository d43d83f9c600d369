import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { withTimeout } from './concurrency.ts';

/** Milliseconds for one handshake. */
const bound = 5_000;

/** Where a server listens. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * True where a server that speaks TLS from the first byte answers a greeting in kind, whatever comes of it. Rejects where
 * nobody listens, and after 5 s.
 */
export const shakesHands = (at: Address, options: ConnectionOptions, signal: AbortSignal): Promise<boolean> =>
  withTimeout(
    bound,
    signal,
    (limit) =>
      new Promise<boolean>((resolve, reject) => {
        const socket = connect({ ...options, host: at.host, port: at.port });
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

/**
 * The versions of TLS that a server takes. Old ones need OpenSSL's security level 0 on this side, or it would be this
 * machine that refuses and not the server.
 */
export const tlsVersions = async (
  at: Address,
  signal: AbortSignal,
  shake: (at: Address, options: ConnectionOptions, signal: AbortSignal) => Promise<boolean> = shakesHands,
): Promise<readonly string[]> => {
  const accepted: string[] = [];
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
    const tls = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false };
    if (await shake(at, tls, signal)) accepted.push(version);
  }
  return accepted;
};

/** The certificate and key of a directory, for a client to show; undefined where there is none. */
export const readIdentity = async (
  directory: string | undefined,
): Promise<{ readonly cert: string; readonly key: string } | undefined> =>
  directory === undefined || !existsSync(join(directory, 'cert.pem'))
    ? undefined
    : {
        cert: await readFile(join(directory, 'cert.pem'), 'utf8'),
        key: await readFile(join(directory, 'key.pem'), 'utf8'),
      };
