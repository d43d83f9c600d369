import type { SqlStatement } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { accountHolder, administrator, consumersOf, databaseOf } from './consumers.ts';
import { canHarden } from './harden.ts';
import { containerPort } from './posture.ts';

/** The role of a consumer: data of one database, and nothing of the server. */
export const consumerRole = 'readWrite';

/** An account with its role in its own database, which is also the one that knows it. */
const account = (service: Service, port: string, name: string, database: string): SqlStatement => ({
  kind: 'sql-statement',
  service: service.name,
  database,
  statement: `createUser ${name} with ${consumerRole} on ${database}, password :'password'`,
  parameters: {
    account: name,
    port,
    role: consumerRole,
    password: { secret: { path: `${service.name}/${name}`, field: 'password' } },
  },
  expects: { query: `usersInfo ${name}` },
});

/**
 * What has to hold inside of the server: consumers with their role in their own database, and nobody whom nobody declared.
 * A replica set has it once, for its members copy it.
 */
export const statements = (stack: Stack, service: Service): readonly SqlStatement[] => {
  if (!canHarden(stack, service) || accountHolder(stack, service).name !== service.name) return [];
  const consumers = consumersOf(stack, service).map((consumer) => ({
    name: consumer.name,
    database: databaseOf(stack, service, consumer),
  }));
  const port = String(containerPort(stack, service));
  return [
    ...consumers.map(({ name, database }) => account(service, port, name, database)),
    {
      kind: 'sql-statement',
      service: service.name,
      database: 'admin',
      statement: 'dropUser <every account but the declared ones>',
      parameters: {
        port,
        declared: [`admin.${administrator}`, ...consumers.map(({ name, database }) => `${database}.${name}`)].join(' '),
      },
      expects: { query: 'usersInfo of all databases' },
    },
  ];
};
