import type { Connection } from '../connection/connection.ts';
import type { RedisClient } from './client.ts';

/** Counters by name. */
export interface Counters {
  /** 0 where nobody has counted yet. */
  readonly read: (name: string) => Promise<number>;
  /** The value after. */
  readonly increment: (name: string) => Promise<number>;
  /** Rejects where the server cannot be asked. */
  readonly check: () => Promise<void>;
}

const keyOf = (name: string): string => `reference-api:counter:${name}`;

/** The counters behind a connection. */
export const countersOf = (connection: Connection<RedisClient>): Counters => ({
  read: async (name) => Number((await connection.use((client) => client.get(keyOf(name)))) ?? 0),
  increment: (name) => connection.use((client) => client.increment(keyOf(name))),
  check: async () => {
    await connection.use((client) => client.get(keyOf('check')));
  },
});
