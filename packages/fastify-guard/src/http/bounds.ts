import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requireWholeNumber, unknownOptions } from '../options/check.ts';

/** Bounds on what one client may cost. Times in milliseconds, sizes in bytes. */
export interface Bounds {
  /** Until the whole head of a request has arrived; then 408. */
  readonly headersTimeout: number;
  /** Until the whole request has arrived; then 408. */
  readonly requestTimeout: number;
  /** Until the handler has answered; then 503. */
  readonly handlerTimeout: number;
  /** Silence on a connection, that of a client that does not read too. */
  readonly connectionTimeout: number;
  readonly keepAliveTimeout: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Beyond it, the connection that has waited longest without a request under way makes room for a new one. */
  readonly connections: number;
  /** Connections of one peer address that is not a proxy of ours. */
  readonly connectionsPerAddress: number;
  readonly requestsPerConnection: number;
}

/** Far above what an honest client of a JSON service needs. */
export const usualBounds: Bounds = Object.freeze({
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  handlerTimeout: 30_000,
  connectionTimeout: 40_000,
  keepAliveTimeout: 5_000,
  headerBytes: 16 * 1024,
  bodyBytes: 256 * 1024,
  connections: 2_000,
  connectionsPerAddress: 200,
  requestsPerConnection: 10_000,
});

/** How often Node.js looks for connections over their time; with its default of 30 s shorter limits would be a promise only. */
const checkEvery = 500;

/** The usual bounds with those of the application. Throws GuardError. */
export const readBounds = (own: Partial<Bounds>): Bounds => {
  unknownOptions(own, Object.keys(usualBounds), 'bounds');
  const bounds = { ...usualBounds, ...own };
  for (const [name, value] of Object.entries(bounds)) requireWholeNumber(value, 1, `bounds.${name}`);
  return bounds;
};

/** The options that `http.createServer` and `https.createServer` share. */
export const serverOptions = (
  bounds: Bounds,
): {
  headersTimeout: number;
  requestTimeout: number;
  keepAliveTimeout: number;
  maxHeaderSize: number;
  connectionsCheckingInterval: number;
} => ({
  headersTimeout: bounds.headersTimeout,
  requestTimeout: bounds.requestTimeout,
  keepAliveTimeout: bounds.keepAliveTimeout,
  maxHeaderSize: bounds.headerBytes,
  connectionsCheckingInterval: checkEvery,
});

/** Tells connections apart, also where TLS has wrapped one; undefined for one that has no peer any more. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remoteAddress === undefined || remotePort === undefined ? undefined : `${remoteAddress}|${remotePort}`;

/** A connection, and what is known of its use. */
interface Connection {
  readonly socket: Socket;
  /** The answer to its last request; requests of one connection are answered in order. */
  response: ServerResponse | undefined;
  /** It sent a request since it came, or since it was spared. */
  used: boolean;
}

const isBusy = ({ response }: Connection): boolean => response !== undefined && !response.closed;

/**
 * Keeps the number of connections. Where it is reached, an idle one goes, so that somebody who opens connections and does nothing
 * with them keeps nobody else out: one that sent a request is spared, once for each time that room is sought (the CLOCK algorithm).
 * A request costs two marks, and nothing listens to its end.
 */
const boundConnections = (server: Server, most: number): void => {
  /** Those that came or were spared first, first. */
  const open = new Set<Connection>();
  const named = new Map<string, Connection>();
  const known = new WeakMap<Socket, Connection>();
  const idle = (): Connection | undefined => {
    let looks = open.size * 2;
    for (const connection of open) {
      if (looks-- === 0) return undefined;
      if (!isBusy(connection) && !connection.used) return connection;
      connection.used = false;
      open.delete(connection);
      open.add(connection);
    }
    return undefined;
  };
  server.on('connection', (socket: Socket) => {
    if (open.size >= most) {
      const waiting = idle();
      if (waiting === undefined) {
        socket.destroy();
        return;
      }
      open.delete(waiting);
      waiting.socket.destroy();
    }
    const connection: Connection = { socket, response: undefined, used: false };
    const name = nameOf(socket);
    open.add(connection);
    if (name !== undefined) named.set(name, connection);
    socket.once('close', () => {
      open.delete(connection);
      if (name !== undefined && named.get(name) === connection) named.delete(name);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    let connection = known.get(socket);
    if (connection === undefined) {
      connection = named.get(nameOf(socket) ?? '');
      if (connection === undefined) return;
      known.set(socket, connection);
    }
    connection.response = response;
    connection.used = true;
  });
};

/** Sets the bounds that are properties of a server. */
export const boundServer = (server: Server, bounds: Bounds, countOf: (socket: Socket) => string | undefined): void => {
  boundConnections(server, bounds.connections);
  server.maxRequestsPerSocket = bounds.requestsPerConnection;
  server.setTimeout(bounds.connectionTimeout);
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const name = countOf(socket);
    if (name === undefined) return;
    const count = (open.get(name) ?? 0) + 1;
    if (count > bounds.connectionsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(name, count);
    socket.once('close', () => {
      const left = (open.get(name) ?? 1) - 1;
      if (left === 0) open.delete(name);
      else open.set(name, left);
    });
  });
};
