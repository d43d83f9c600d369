import type { Server } from 'node:http';

/** Bounds on what one client may cost. Times in milliseconds, sizes in bytes. */
export interface Limits {
  /** Until the whole head of a request has arrived; answered with 408. */
  readonly headersTimeout: number;
  /** Until the whole request has arrived; answered with 408. */
  readonly requestTimeout: number;
  /** Until the handler has answered; then 503. */
  readonly handlerTimeout: number;
  /** Silence on a connection. */
  readonly connectionTimeout: number;
  readonly keepAliveTimeout: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly requestsPerConnection: number;
}

/** Far above what an honest client of this service needs. */
export const hardenedLimits: Limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  handlerTimeout: 10_000,
  connectionTimeout: 20_000,
  keepAliveTimeout: 5_000,
  headerBytes: 8 * 1024,
  bodyBytes: 16 * 1024,
  connections: 512,
  requestsPerConnection: 1_000,
};

/** How often Node looks for connections over their time; its default of 30 s would make shorter limits a promise. */
const checkEvery = 500;

/** The options that `http.createServer` and `https.createServer` share. */
export const serverOptions = (
  limits: Limits,
): {
  headersTimeout: number;
  requestTimeout: number;
  keepAliveTimeout: number;
  maxHeaderSize: number;
  connectionsCheckingInterval: number;
} => ({
  headersTimeout: limits.headersTimeout,
  requestTimeout: limits.requestTimeout,
  keepAliveTimeout: limits.keepAliveTimeout,
  maxHeaderSize: limits.headerBytes,
  connectionsCheckingInterval: checkEvery,
});

/** Sets the limits that are properties of a server. */
export const limitServer = (server: Server, limits: Limits): void => {
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  server.setTimeout(limits.connectionTimeout);
};
