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

/**
 * Keeps the number of connections. Where it is reached, an idle one goes, so that somebody who opens connections and does nothing
 * with them keeps nobody else out: one that is used lives.
 */
const boundConnections = (server: Server, most: number): void => {
  const open = new Set<Socket>();
  /** By name, in the order in which they began to wait. */
  const idle = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    if (open.size >= most) {
      const [oldest] = idle;
      if (oldest === undefined) {
        socket.destroy();
        return;
      }
      const [its, waiting] = oldest;
      idle.delete(its);
      open.delete(waiting);
      waiting.destroy();
    }
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      if (name !== undefined && idle.get(name) === socket) idle.delete(name);
    });
    if (name !== undefined) idle.set(name, socket);
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(socket);
    const waiting = name === undefined ? undefined : idle.get(name);
    if (name === undefined || waiting === undefined) return;
    idle.delete(name);
    response.on('close', () => {
      if (open.has(waiting)) idle.set(name, waiting);
    });
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
