import { join } from 'node:path';
import { Secret } from '@palisade/vault/secret';
import type { Neighbour } from '../../src/configuration/configuration.ts';
import type { HardenedPlayground } from '../../src/testing/playground.ts';
import { startMongodb } from './mongodb.ts';
import { startMysql } from './mysql.ts';
import { startRabbitmq } from './rabbitmq.ts';
import { startRedis } from './redis.ts';
import type { NeighbourServer, Start } from './server.ts';

const starters: Readonly<Record<Neighbour, (start: Start) => Promise<NeighbourServer>>> = {
  mysql: startMysql,
  mongodb: startMongodb,
  redis: startRedis,
  rabbitmq: startRabbitmq,
};

const names = ['rabbitmq', 'mysql', 'mongodb', 'redis'] as const satisfies readonly Neighbour[];

/** The servers that the API calls beside its database, while they run. */
export interface Neighbours extends AsyncDisposable {
  /** Variables that tell the API where they are. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts all four at once, each with an account of its own for the API, and puts the logins into Vault. */
export const openNeighbours = async ({ directory, authority, vault }: HardenedPlayground): Promise<Neighbours> => {
  await using opening = new AsyncDisposableStack();
  const username = 'reference-api';
  const open = async (name: Neighbour): Promise<readonly (readonly [string, string])[]> => {
    const password = new Secret(crypto.randomUUID());
    const { port, database, stop } = await starters[name]({
      directory: join(directory, name),
      authority,
      account: { username, password },
    });
    opening.defer(stop);
    const path = `${name}/${username}`;
    await vault.write(path, {
      username,
      password: password.reveal(),
      host: name,
      port: String(port),
      ...(database === undefined ? {} : { database }),
    });
    const variable = name.toUpperCase();
    return [
      [`${variable}_VAULT_PATH`, path],
      [`${variable}_ADDRESS`, `localhost:${port}`],
    ];
  };
  // All of them are waited for, so that those that started are stopped where another did not.
  const opened = await Promise.allSettled(names.map(open));
  const failures = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'a neighbour of the API did not start');
  const variables = opened.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  const running = opening.move();
  return {
    environment: Object.fromEntries(variables),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};
