import { createServer } from 'node:net';
import { isFileSystemError } from '../../support/files.ts';
import { error } from '../errors.ts';

/** Below the range from which Linux takes the ports of outgoing connections (32768), so that none of those gets in between. */
const LOWEST = 20_000;
const HIGHEST = 32_767;

const bindable = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (thrown) =>
      // A machine without IPv6 has no ::1 that somebody could hold.
      resolve(isFileSystemError(thrown, 'EADDRNOTAVAIL') || isFileSystemError(thrown, 'EAFNOSUPPORT')),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** True where nobody holds the port on either loopback address. */
export const isPortFree = async (port: number): Promise<boolean> =>
  (await bindable('127.0.0.1', port)) && bindable('::1', port);

/** Chooses a free loopback port that is none of `taken`. Whoever comes first gets it, so a failed bind needs another choice. */
export const chooseFreePort = async (
  wanted: { readonly service: string; readonly port: number },
  taken: ReadonlySet<number>,
  random: () => number,
): Promise<number> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(random() * (HIGHEST - LOWEST + 1));
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  throw error('runtime/no-free-port', wanted);
};
