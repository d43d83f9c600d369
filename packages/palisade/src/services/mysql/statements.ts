import type { SqlStatement } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator, consumersOf, type Consumer } from './consumers.ts';
import { canHarden } from './harden.ts';
import { consumerConnections } from './limits.ts';
import { accountName, grantedName, identifier } from './sql.ts';

/**
 * What a consumer may do in its database: use what is there and make tables of its own. Not DROP, which destroys, and not
 * GRANT, which hands rights on.
 */
export const consumerRights = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'ALTER',
  'INDEX',
  'REFERENCES',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'SHOW VIEW',
] as const;

/** The subject of a consumer's certificate as the server writes it: what it compares is this text. */
export const subjectOf = (name: string): string => `/CN=${name}`;

const accountOf = (service: Service, consumer: Consumer): SqlStatement => {
  const { name, database, hasIdentity, hosts } = consumer;
  const accounts = hosts.map((host) => accountName(name, host)).join(', ');
  return {
    kind: 'sql-statement',
    service: service.name,
    database: 'mysql',
    statement: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}; CREATE USER ${accounts} IDENTIFIED BY :'password' REQUIRE ${
      hasIdentity ? `SUBJECT '${subjectOf(name)}'` : 'SSL'
    } WITH MAX_USER_CONNECTIONS ${consumerConnections}; GRANT ${consumerRights.join(', ')} ON ${identifier(
      grantedName(database),
    )}.* TO ${accounts}`,
    parameters: {
      account: name,
      hosts: hosts.join(' '),
      database,
      subject: hasIdentity ? subjectOf(name) : '',
      password: { secret: { path: `${service.name}/${name}`, field: 'password' } },
    },
    expects: { query: `SHOW CREATE USER ${accountName(name, hosts[0] ?? '%')}` },
  };
};

/**
 * What has to hold inside of the server: an account for every consumer, that its certificate is tied to, with its rights
 * and no others and a limit of connections; nobody without a name; and nobody else who may log in.
 */
export const statements = (stack: Stack, service: Service): readonly SqlStatement[] => {
  if (!canHarden(stack, service)) return [];
  const consumers = consumersOf(stack, service);
  const declared = [
    `${administrator.user}@${administrator.host}`,
    ...consumers.flatMap(({ name, hosts }) => hosts.map((host) => `${name}@${host}`)),
  ];
  return [
    ...consumers.map((consumer) => accountOf(service, consumer)),
    {
      kind: 'sql-statement',
      service: service.name,
      database: 'mysql',
      statement: 'DROP USER <without a name>; ALTER USER <every account but the declared ones> ACCOUNT LOCK',
      parameters: { declared: declared.join(' ') },
      expects: { query: 'SELECT User, Host FROM mysql.user' },
    },
  ];
};
