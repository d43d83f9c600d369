import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { Service } from '../../contracts/stack.ts';
import { sha256 } from '../../support/files.ts';
import { Secret } from '../../support/secret.ts';
import { readAccounts } from './acl.ts';
import { applyStatement } from './apply-statement.ts';

const canary = 'canary-password-0123456789';
const hash = sha256(canary);

const statement: SqlStatement = {
  kind: 'sql-statement',
  service: 'cache',
  database: '',
  statement: "ACL SETUSER api reset on #:'sha256' ~* +@read",
  parameters: { account: 'api', rules: '~* +@read', sha256: { secret: { path: 'cache/api', field: 'password' } } },
  expects: { query: 'ACL GETUSER api' },
};

/** A server that shows the given accounts, and remembers what was sent to it. */
const serverWith = (accounts: string) => {
  const sent: string[] = [];
  const tools = {
    service: z.custom<Service>().parse({ name: 'cache' }),
    exec: (command: readonly string[], input: string) => {
      assert.deepEqual(command, ['redis-cli']);
      sent.push(input);
      const shown = input.startsWith('MULTI')
        ? `${accounts}user palisade-scratch off ~* -@all +@read\n`
        : `${accounts}OK\n`;
      return Promise.resolve({ exitCode: 0, stdout: shown, stderr: '', truncated: false });
    },
    resolveSecret: () => Promise.resolve<Secret | undefined>(new Secret(canary)),
  };
  return { sent, tools };
};

const signal = AbortSignal.timeout(5000);

it('leaves an account alone that is as it should be', async () => {
  const { sent, tools } = serverWith(`user api on sanitize-payload #${hash} ~* -@all +@read\n`);
  assert.equal(await applyStatement(statement, tools, signal), 'unchanged');
  assert.equal(sent.length, 1);
});

for (const [what, line] of [
  ['is missing', ''],
  ['has another password', `user api on #${sha256('other')} ~* -@all +@read\n`],
  ['has a second password', `user api on #${hash} #${sha256('other')} ~* -@all +@read\n`],
  ['needs no password', `user api on nopass #${hash} ~* -@all +@read\n`],
  ['may do more', `user api on #${hash} ~* +@all\n`],
  ['is off', `user api off #${hash} ~* -@all +@read\n`],
] as const)
  it(`sets an account that ${what}, by the hash alone`, async () => {
    const { sent, tools } = serverWith(line);
    assert.equal(await applyStatement(statement, tools, signal), 'applied');
    assert.equal(sent[1], `ACL SETUSER api reset on #${hash} ~* +@read\nACL SAVE\n`);
    assert.ok(!sent.join('').includes(canary));
  });

it('ends accounts that nobody declared, and no others', async () => {
  const { sent, tools } = serverWith('user default off\nuser api on ~*\nuser intruder on nopass ~* +@all\n');
  const closing = { ...statement, parameters: { declared: 'default api' } };
  assert.equal(await applyStatement(closing, tools, signal), 'applied');
  assert.equal(sent[1], 'ACL DELUSER "intruder"\nACL SAVE\n');
});

it('refuses to make an account without its secret', async () => {
  const { sent, tools } = serverWith('');
  const without = { ...tools, resolveSecret: () => Promise.resolve(undefined) };
  await assert.rejects(applyStatement(statement, without, signal), { code: 'redis/parameter-unresolved' });
  assert.equal(sent.length, 0);
});

it('keeps hashes out of the error of a refused command', async () => {
  const { tools } = serverWith('');
  const refusing = {
    ...tools,
    exec: () => Promise.resolve({ exitCode: 0, stdout: `ERR near #${hash}\n`, stderr: '', truncated: false }),
  };
  await assert.rejects(applyStatement(statement, refusing, signal), (thrown: Error) => !thrown.message.includes(hash));
});

it('reads accounts without what is no account', () => {
  assert.deepEqual(readAccounts('OK\nQUEUED\nuser a on nopass ~* +@all\n'), [
    { name: 'a', on: true, noPassword: true, hashes: [], rules: '~* +@all' },
  ]);
});

/** A client that cannot connect, which ends as if all were well. */
const unheard = () =>
  Promise.resolve({ exitCode: 0, stdout: '', stderr: 'Could not connect: verify failed', truncated: false });

it('is not applied where the client could not connect', async () => {
  const { tools } = serverWith('');
  await assert.rejects(applyStatement(statement, { ...tools, exec: unheard }, signal), {
    code: 'redis/client-failed',
    message: /verify failed/,
  });
});
