import * as z from 'zod';
import type { Address } from '../connection/login.ts';
import type { Neighbour, ServerEntry } from './configuration.ts';
import { addresses, secretPath } from './variables.ts';

/** Ports by the servers' own documentation, with TLS and without, and who has databases. */
const servers = {
  mysql: { defaultPort: 3306, plaintextPort: 3306, needsDatabase: true },
  mongodb: { defaultPort: 27_017, plaintextPort: 27_017, needsDatabase: true },
  redis: { defaultPort: 6379, plaintextPort: 6379, needsDatabase: false },
  rabbitmq: { defaultPort: 5671, plaintextPort: 5672, needsDatabase: false },
} as const satisfies Record<Neighbour, { defaultPort: number; plaintextPort: number; needsDatabase: boolean }>;

/** The port of a neighbour whose connection string names none. */
export const plaintextPortOf = (neighbour: Neighbour): number => servers[neighbour].plaintextPort;

/** What is known of every entry of PostgreSQL. */
export const postgresEntry = { defaultPort: 5432, needsDatabase: true, addresses: [] } as const;

/** The variables of one neighbour in the hardened posture; without a path it is not called. */
export const neighbourEntry = {
  VAULT_PATH: secretPath.optional(),
  ADDRESS: addresses.optional(),
  NAME: z.string().min(1).max(64).optional(),
};

/** The neighbour with its entry; nothing where it is not called. */
export const entryOf = (
  neighbour: Neighbour,
  variables: { VAULT_PATH?: string | undefined; ADDRESS?: Address[] | undefined; NAME?: string | undefined },
): readonly (readonly [Neighbour, ServerEntry])[] =>
  variables.VAULT_PATH === undefined
    ? []
    : [
        [
          neighbour,
          {
            path: variables.VAULT_PATH,
            addresses: variables.ADDRESS ?? [],
            ...(variables.NAME === undefined ? {} : { name: variables.NAME }),
            defaultPort: servers[neighbour].defaultPort,
            needsDatabase: servers[neighbour].needsDatabase,
          },
        ],
      ];
