import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { Service } from '../../contracts/stack.ts';
import { Secret } from '../../support/secret.ts';
import { readTasks, type Task } from './administer.ts';
import { applyStatement } from './apply-statement.ts';
import type { Document } from './wire/bson.ts';

/** The password of the example in RFC 7677, whose stored key is known. */
const password = 'pencil';
const scram = {
  iterationCount: 4096,
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
};
const readWrite = { role: 'readWrite', db: 'shop' };
const user = { user: 'api', db: 'shop', roles: [readWrite], credentials: { 'SCRAM-SHA-256': scram } };

const account: SqlStatement = {
  kind: 'sql-statement',
  service: 'store',
  database: 'shop',
  statement: "createUser api with readWrite on shop, password :'password'",
  parameters: {
    account: 'api',
    port: '27017',
    role: 'readWrite',
    password: { secret: { path: 'store/api', field: 'password' } },
  },
  expects: { query: 'usersInfo api' },
};

const declared: SqlStatement = {
  ...account,
  database: 'admin',
  parameters: { port: '27017', declared: 'admin.administrator shop.api' },
};

/** A server with the given accounts, which remembers what changed it. */
const serverWith = (users: readonly Document[], { ferret = false, refuses = '' } = {}) => {
  const changed: Task[] = [];
  const answer = (task: Task): Document => {
    const [name = ''] = Object.keys(task.command);
    if (name === refuses) return { ok: 0, errmsg: `no ${name} here`, code: 13 };
    if (name === 'buildInfo') return { ok: 1, version: '8.0.1', ...(ferret ? { ferretdbVersion: 'v1.24.2' } : {}) };
    if (name === 'usersInfo') return { ok: 1, users };
    changed.push(task);
    return { ok: 1 };
  };
  const tools = {
    service: z.custom<Service>().parse({ name: 'store' }),
    exec: (command: readonly string[], input: string) => {
      assert.equal(command[0], 'mongosh');
      assert.ok(!command.join(' ').includes(password), 'no argument holds the password');
      const stdout = readTasks(input)
        .map((task) => `${JSON.stringify(answer(task))}\n`)
        .join('');
      return Promise.resolve({ exitCode: 0, stdout, stderr: '', truncated: false });
    },
    resolveSecret: () => Promise.resolve<Secret | undefined>(new Secret(password)),
  };
  return { changed, tools };
};

const signal = AbortSignal.timeout(5000);

it('leaves an account alone that is as it should be', async () => {
  const { changed, tools } = serverWith([user]);
  assert.equal(await applyStatement(account, tools, signal), 'unchanged');
  assert.deepEqual(changed, []);
});

it('makes an account that is missing, with its role in its own database', async () => {
  const { changed, tools } = serverWith([]);
  assert.equal(await applyStatement(account, tools, signal), 'applied');
  const mechanisms = ['SCRAM-SHA-256'];
  assert.deepEqual(changed, [
    { database: 'shop', command: { createUser: 'api', pwd: password, roles: [readWrite], mechanisms } },
  ]);
});

for (const [what, present] of [
  ['another password', { ...user, credentials: { 'SCRAM-SHA-256': { ...scram, storedKey: 'AAAA' } } }],
  ['no password of this mechanism', { ...user, credentials: {} }],
  ['no role', { ...user, roles: [] }],
  ['a further role', { ...user, roles: [readWrite, { role: 'root', db: 'admin' }] }],
  ['its role in another database', { ...user, roles: [{ role: 'readWrite', db: 'other' }] }],
] as const)
  it(`sets an account that has ${what}`, async () => {
    const { changed, tools } = serverWith([present]);
    assert.equal(await applyStatement(account, tools, signal), 'applied');
    assert.deepEqual(Object.keys(changed[0]?.command ?? {})[0], 'updateUser');
  });

it('asks FerretDB for no roles, for it has none', async () => {
  const { changed, tools } = serverWith([], { ferret: true });
  assert.equal(await applyStatement(account, tools, signal), 'applied');
  assert.deepEqual(changed[0]?.command['roles'], []);
  const again = serverWith([{ ...user, roles: [] }], { ferret: true });
  assert.equal(await applyStatement(account, again.tools, signal), 'unchanged');
});

it('drops accounts that nobody declared, those of other databases with the same name too', async () => {
  const administrator = { user: 'administrator', db: 'admin', roles: [] };
  const { changed, tools } = serverWith([administrator, user, { ...user, db: 'other' }, { ...user, user: 'root' }]);
  assert.equal(await applyStatement(declared, tools, signal), 'applied');
  assert.deepEqual(changed, [
    { database: 'other', command: { dropUser: 'api' } },
    { database: 'shop', command: { dropUser: 'root' } },
  ]);
  assert.equal(await applyStatement(declared, serverWith([administrator, user]).tools, signal), 'unchanged');
});

it('says which command the server refuses, and nothing of the password', async () => {
  const { tools } = serverWith([], { refuses: 'createUser' });
  await assert.rejects(applyStatement(account, tools, signal), (thrown: Error) => {
    assert.equal(thrown.message, 'createUser failed in the service store: no createUser here');
    return !JSON.stringify(thrown).includes(password);
  });
});

it('does not go on without the secret', async () => {
  const { tools } = serverWith([]);
  const without = { ...tools, resolveSecret: () => Promise.resolve(undefined) };
  await assert.rejects(applyStatement(account, without, signal), /store\/api#password, which is not in Vault/);
});

it('shows no connection string of a client that fails', async () => {
  const { tools } = serverWith([]);
  const stderr = 'MongoServerError: connect mongodb://administrator:canary@localhost:27017 failed';
  const broken = { ...tools, exec: () => Promise.resolve({ exitCode: 1, stdout: '', stderr, truncated: false }) };
  await assert.rejects(applyStatement(account, broken, signal), (thrown: Error) => !thrown.message.includes('canary'));
});
