import { type SecureVersion, connect } from 'node:tls';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';

/** Versions that are tried, the oldest first. */
export const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** True where a handshake with exactly one version succeeds. */
export const speaks = (
  endpoint: Endpoint,
  version: SecureVersion,
  servername: string,
  outer: AbortSignal,
): Promise<boolean> =>
  withTimeout(
    4_000,
    outer,
    (signal) =>
      new Promise<boolean>((resolve, reject) => {
        const socket = connect({
          ...endpoint,
          servername,
          minVersion: version,
          maxVersion: version,
          // Without it, this machine's OpenSSL would refuse the old versions and not the server.
          ciphers: 'DEFAULT@SECLEVEL=0',
          rejectUnauthorized: false,
        });
        const stop = (): void => void socket.destroy();
        signal.addEventListener('abort', stop, { once: true });
        socket.once('close', () => signal.removeEventListener('abort', stop));
        socket.once('secureConnect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', (thrown) => {
          const code = 'code' in thrown ? String(thrown.code) : '';
          if (code.startsWith('ERR_SSL_') || code === 'ECONNRESET') resolve(false);
          else reject(thrown);
        });
      }),
  );
