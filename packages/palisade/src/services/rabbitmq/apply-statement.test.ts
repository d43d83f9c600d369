import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { Service } from '../../contracts/stack.ts';
import { Secret } from '../../support/secret.ts';
import { consumerNames } from './accounts.ts';
import { applyStatement } from './apply-statement.ts';
import { hashPassword, isHashOf } from './definitions.ts';

const canary = 'canary-password-0123456789';
const signal = AbortSignal.timeout(5000);

const account: SqlStatement = {
  kind: 'sql-statement',
  service: 'queue',
  database: 'orders',
  statement: 'import definitions',
  parameters: { user: 'api', tags: '', vhost: 'orders', secret: { secret: { path: 'queue/api', field: 'password' } } },
  expects: { query: 'export definitions' },
};

const declared: SqlStatement = { ...account, parameters: { declared: 'administrator api' } };

const sound = {
  users: [
    {
      name: 'api',
      password_hash: hashPassword(canary, Buffer.from([1, 2, 3, 4])),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: [],
      limits: { 'max-connections': 100, 'max-channels': 1000 },
    },
  ],
  vhosts: [{ name: 'orders' }],
  permissions: [{ user: 'api', vhost: 'orders', configure: consumerNames, write: consumerNames, read: consumerNames }],
  parameters: [
    {
      component: 'vhost-limits',
      vhost: 'orders',
      name: 'limits',
      value: { 'max-connections': 200, 'max-queues': 1000 },
    },
  ],
};

/** A server that shows definitions, and remembers what was sent to it. */
const serverWith = (definitions: unknown, secret: Secret | undefined = new Secret(canary)) => {
  const sent: { readonly command: string; readonly input: string }[] = [];
  const tools = {
    service: z.custom<Service>().parse({ name: 'queue' }),
    exec: (command: readonly string[], input: string) => {
      const shown = command.includes('export_definitions');
      if (!shown) sent.push({ command: command.join(' '), input });
      return Promise.resolve({
        exitCode: 0,
        stdout: shown ? JSON.stringify(definitions) : '',
        stderr: '',
        truncated: false,
      });
    },
    resolveSecret: () => Promise.resolve(secret),
  };
  return { sent, tools };
};

const imported = z.object({
  users: z.array(z.object({ name: z.string(), password_hash: z.string(), tags: z.string() })),
});

describe('an account', () => {
  it('that is as it has to be is left alone', async () => {
    const { sent, tools } = serverWith(sound);
    assert.equal(await applyStatement(account, tools, signal), 'unchanged');
    assert.deepEqual(sent, []);
  });

  it('is made with the salted hash of its password, through standard input alone', async () => {
    const { sent, tools } = serverWith({});
    assert.equal(await applyStatement(account, tools, signal), 'applied');
    const [only, more] = sent;
    assert.equal(more, undefined);
    assert.ok(only);
    assert.match(only.command, /^sh -c umask 077; .* rabbitmqctl -q import_definitions /);
    assert.ok(!only.input.includes(canary));
    const [user] = imported.parse(JSON.parse(only.input)).users;
    assert.deepEqual([user?.name, user?.tags], ['api', '']);
    assert.ok(isHashOf(user?.password_hash ?? '', canary));
  });

  const differences: readonly (readonly [string, object])[] = [
    [
      'another password',
      { users: [{ ...sound.users[0], password_hash: hashPassword('x', Buffer.from([1, 2, 3, 4])) }] },
    ],
    ['a tag', { users: [{ ...sound.users[0], tags: ['administrator'] }] }],
    ['no limit', { users: [{ ...sound.users[0], limits: {} }] }],
    ['a looser limit', { users: [{ ...sound.users[0], limits: { 'max-connections': 500, 'max-channels': 10 } }] }],
    ['wider rights', { permissions: [{ ...sound.permissions[0], read: '.*' }] }],
    ['a vhost without limits', { parameters: [] }],
  ];
  for (const [name, changes] of differences)
    it(`with ${name} is set right`, async () => {
      const { sent, tools } = serverWith({ ...sound, ...changes });
      assert.equal(await applyStatement(account, tools, signal), 'applied');
      assert.equal(sent.length, 1);
    });

  it('loses rights in vhosts that are not its own', async () => {
    const further = { ...sound.permissions[0], vhost: '/' };
    const { sent, tools } = serverWith({ ...sound, permissions: [...sound.permissions, further] });
    assert.equal(await applyStatement(account, tools, signal), 'applied');
    assert.equal(sent[1]?.command, 'rabbitmqctl -q clear_permissions -p / api');
  });

  it('is not made without a secret', async () => {
    for (const secret of [undefined, new Secret('')]) {
      const { sent, tools } = serverWith({});
      await assert.rejects(
        applyStatement(account, { ...tools, resolveSecret: () => Promise.resolve(secret) }, signal),
        { code: 'rabbitmq/parameter-unresolved' },
      );
      assert.deepEqual(sent, []);
    }
  });
});

it('users that nobody declared are deleted, and the declared ones are not', async () => {
  const { sent, tools } = serverWith({ users: [{ name: 'guest' }, { name: 'administrator' }, { name: '-x' }] });
  assert.equal(await applyStatement(declared, tools, signal), 'applied');
  assert.deepEqual(
    sent.map(({ command }) => command),
    ['rabbitmqctl -q delete_user -- guest', 'rabbitmqctl -q delete_user -- -x'],
  );
  assert.equal(await applyStatement(declared, serverWith(sound).tools, signal), 'unchanged');
});

/** A server whose tool ends so. */
const failing = (stdout: string, stderr: string, exitCode: number, truncated = false) => ({
  ...serverWith({}).tools,
  exec: () => Promise.resolve({ exitCode, stdout, stderr, truncated }),
});

it('a command that fails is told with its reason, and without what was sent', async () => {
  const hash = hashPassword(canary, Buffer.from([1, 2, 3, 4]));
  const cases = [
    [failing('', `Error: cannot take ${hash}`, 69), /cannot take …/],
    [failing('{}', '', 0, true), /too long/],
    [failing(`{"users": "${hash}"}`, '', 0), /cannot be read/],
  ] as const;
  for (const [tools, reason] of cases)
    await assert.rejects(applyStatement(account, tools, signal), (thrown) => {
      assert.ok(thrown instanceof Error && !(thrown.stack ?? '').includes(hash) && thrown.cause === undefined);
      assert.match(thrown.message, reason);
      return true;
    });
});
