/**
 * All that the guard needs of a Redis client. A client of `@redis/client` is one as it is; for `ioredis` write
 * `{ sendCommand: ([name = '', ...rest]) => client.call(name, ...rest) }`. Set it to fail fast: the guard bounds each call, and
 * commands that wait in a queue for a server that is gone would be late anyway.
 */
export interface RedisCommands {
  readonly sendCommand: (command: string[]) => Promise<unknown>;
}
