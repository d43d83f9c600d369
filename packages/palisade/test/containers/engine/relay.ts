import { chmodSync, chownSync, rmSync } from 'node:fs';
import { type Socket, connect, createServer } from 'node:net';

/** A socket of its own that leads to an engine, for clients that may not use the engine's, and to cut them off. */
export interface Relay {
  /** Value of DOCKER_HOST. */
  readonly host: string;
  /** Ends every connection, and refuses others: the engine is gone, as far as a client can tell. */
  readonly close: () => Promise<void>;
}

/**
 * Listens on a Unix socket and passes everything on to the engine's.
 *
 * @param host DOCKER_HOST of the engine
 * @param path the new socket
 * @param group who may use it beside root
 */
export const openRelay = async (host: string, path: string, group: number): Promise<Relay> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: host.replace('unix://', ''), allowHalfOpen: true });
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      keep(from);
      from.once('error', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chownSync(path, 0, group);
  chmodSync(path, 0o660);
  return {
    host: `unix://${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        rmSync(path, { force: true });
      }),
  };
};
