import type { SqlStatement } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator } from './accounts.ts';
import { consumersOf } from './consumers.ts';
import { canHarden } from './harden.ts';

/** A user with its rights; the server gets the salted hash of the password that stands in the secret. */
const account = (
  service: Service,
  user: string,
  what: { readonly path: string; readonly tags: string; readonly vhost: string },
): SqlStatement => ({
  kind: 'sql-statement',
  service: service.name,
  database: what.vhost,
  statement: `import definitions: user ${user}${what.vhost === '' ? '' : ` in the vhost ${what.vhost}`}, its password as a salted hash of :'secret'`,
  parameters: { user, tags: what.tags, vhost: what.vhost, secret: { secret: { path: what.path, field: 'password' } } },
  expects: { query: `export definitions: user ${user}` },
});

/**
 * What has to hold inside of the server: a user, a vhost, rights and limits for each consumer, an administrator without rights in any
 * vhost, and nobody whom nobody declared.
 */
export const statements = (stack: Stack, service: Service): readonly SqlStatement[] => {
  if (!canHarden(stack, service)) return [];
  const consumers = consumersOf(stack, service);
  return [
    account(service, administrator, { path: service.name, tags: 'administrator', vhost: '' }),
    ...consumers.map(({ name, vhost }) => account(service, name, { path: `${service.name}/${name}`, tags: '', vhost })),
    {
      kind: 'sql-statement',
      service: service.name,
      database: '',
      statement: 'delete every user but the declared ones',
      parameters: { declared: [administrator, ...consumers.map(({ name }) => name)].join(' ') },
      expects: { query: 'export definitions: users' },
    },
  ];
};
