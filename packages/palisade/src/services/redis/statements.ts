import type { SqlStatement } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator, consumerRules, replicaRules } from './accounts.ts';
import { accountHolder, consumersOf, replicasOf } from './cluster.ts';
import { canHarden } from './harden.ts';

/** An account with its rules; the server gets the SHA-256 of the password that stands in the secret. */
const account = (
  service: Service,
  name: string,
  rules: string,
  secret: { readonly path: string; readonly field: string },
): SqlStatement => ({
  kind: 'sql-statement',
  service: service.name,
  database: '',
  statement: `ACL SETUSER ${name} reset on #:'sha256' ${rules}`,
  parameters: { account: name, rules, sha256: { secret } },
  expects: { query: `ACL GETUSER ${name}` },
});

/**
 * What has to hold inside of the server, and of each node by itself, for accounts are not replicated: consumers with their
 * rights, the other nodes with those of replication, and nobody whom nobody declared.
 */
export const statements = (stack: Stack, service: Service): readonly SqlStatement[] => {
  if (!canHarden(stack, service)) return [];
  const holder = accountHolder(stack, service).name;
  const consumers = consumersOf(stack, service).map(({ name }) => name);
  const replicas = replicasOf(stack, service).map(({ name }) => name);
  return [
    ...consumers.map((name) => account(service, name, consumerRules, { path: `${holder}/${name}`, field: 'password' })),
    ...replicas.map((name) => account(service, name, replicaRules, { path: name, field: 'replication' })),
    {
      kind: 'sql-statement',
      service: service.name,
      database: '',
      statement: 'ACL DELUSER <every account but the declared ones>',
      parameters: { declared: ['default', administrator, ...consumers, ...replicas].join(' ') },
      expects: { query: 'ACL USERS' },
    },
  ];
};
