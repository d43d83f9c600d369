import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
  createClient,
  createCluster,
} from '@redis/client';
import type { ClientKind } from '../connection/connection.ts';
import type { Address } from '../connection/login.ts';

/** What this service asks of Redis, of one server or of a cluster. */
export interface RedisClient {
  readonly get: (key: string) => Promise<unknown>;
  readonly increment: (key: string) => Promise<number>;
  /** Sends one command as it is; its first key decides which node of a cluster gets it. */
  readonly send: (command: readonly string[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The first key of a command; scripts name theirs after the number of them. */
const firstKey = ([name = '', ...rest]: readonly string[]): string | undefined =>
  /^eval(?:sha)?(?:_ro)?$/i.test(name) ? (rest[1] === '0' ? undefined : rest[2]) : rest[0];

/** How long the first connection may take, and no command waits longer for one. Milliseconds. */
const connectWithin = 3_000;

const retryDelay = (retries: number): number => Math.min(100 * 2 ** retries, 5_000) * (0.5 + Math.random() / 2);

/** Source: Redis documentation, "ACL", and the errors of AUTH. */
const refusals = /^(?:WRONGPASS|NOAUTH|NOPERM)\b/;

/** A node that is starting, or a cluster that lacks some. Source: Redis documentation, "Redis cluster specification". */
const notServing = /^(?:LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN)\b/;
const away = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
];

/** Rejects when a promise takes longer than it may. */
const bounded = async <Result>(promise: Promise<Result>, milliseconds: number): Promise<Result> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new TimeoutError(`Redis did not answer within ${milliseconds} ms`)),
    milliseconds,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Clients of one Redis server, or of a cluster where the login names several nodes. */
export const redisClients: ClientKind<RedisClient> = {
  open: async ({ host, port, nodes, username, password, tls }, onIdleError) => {
    const socket = {
      connectTimeout: connectWithin,
      reconnectStrategy: retryDelay,
      ...(tls === undefined ? {} : { tls: true as const, ...tls, minVersion: 'TLSv1.2' as const }),
    };
    const login = {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
    };
    const url = (at: Address): string => `${tls === undefined ? 'redis' : 'rediss'}://${at.host}:${at.port}`;
    const common = { ...login, socket, commandOptions: { timeout: 5_000 } };
    const opened = (() => {
      if (nodes === undefined) {
        const client = createClient({ url: url({ host, port }), ...common, disableOfflineQueue: true });
        return { client, send: (command: readonly string[]) => client.sendCommand([...command]) };
      }
      const client = createCluster({
        rootNodes: [{ host, port }, ...nodes].map((at) => ({ url: url(at) })),
        defaults: common,
      });
      return {
        client,
        send: (command: readonly string[]) => client.sendCommand(firstKey(command), false, [...command]),
      };
    })();
    const { client } = opened;
    client.on('error', onIdleError);
    try {
      await bounded<unknown>(client.connect(), connectWithin);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return {
      get: (key) => client.get(key),
      increment: (key) => client.incr(key),
      send: opened.send,
      close: async () => {
        await client.close();
      },
    };
  },
  close: (client) => client.close(),
  refused: (error) => error instanceof Error && refusals.test(error.message),
  unavailable: (error) =>
    away.some((kind) => error instanceof kind) || (error instanceof Error && notServing.test(error.message)),
};
