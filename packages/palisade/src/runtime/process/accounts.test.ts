import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountSources, accountsOf, parseUsers } from './accounts.ts';
import { sketchStack } from './testing.ts';

const at = { file: 'compose.yaml', line: 1, column: 1 };
const volume = (source: string) => ({
  mounts: [{ at, type: 'volume' as const, source, target: '/v', readOnly: false, syntax: 'short' as const }],
});
const stack = sketchStack('/p', { api: volume('logs'), collector: volume('logs'), db: volume('data'), web: {} });
const users = 'root:x:0:0:root:/root:/bin/sh\npostgres:x:107:115::/var/lib/postgresql:/bin/bash\n# none\n';
const whole = '         0          0 4294967295\n';
const sources: AccountSources = { stack, operator: { uid: 0, gid: 0 }, users, uidMap: whole, named: new Map() };

test('gives each service a number of its own that stays the same', () => {
  const accounts = accountsOf(sources);
  const uids = [...accounts.values()].map(({ uid }) => uid);
  assert.equal(new Set(uids).size, 4);
  assert.ok(uids.every((uid) => uid >= 1_900_000_000 && uid < 1_900_100_000));
  assert.deepEqual(accountsOf(sources), accounts);
});

test('gives services that share a volume a group in common, and nobody else', () => {
  const accounts = accountsOf(sources);
  assert.equal(accounts.get('api')?.gid, accounts.get('collector')?.gid);
  assert.notEqual(accounts.get('api')?.uid, accounts.get('collector')?.uid);
  assert.notEqual(accounts.get('db')?.gid, accounts.get('api')?.gid);
});

test('uses the system account that a kind insists on where it exists', () => {
  const named = new Map([
    ['db', 'postgres'],
    ['web', 'nobody-here'],
    ['api', 'root'],
  ]);
  const accounts = accountsOf({ ...sources, named });
  assert.deepEqual(accounts.get('db'), { uid: 107, gid: 115, exclusive: false });
  assert.equal(accounts.get('web')?.exclusive, true);
  assert.notEqual(accounts.get('api')?.uid, 0);
});

test('stays within what a user namespace maps, and away from users that exist', () => {
  const narrow = { ...sources, uidMap: '0 100000 65536\n' };
  const before = accountsOf(narrow).get('web');
  assert.ok(before !== undefined && before.uid < 60_000 && !before.exclusive);
  const after = accountsOf({ ...narrow, users: `${users}someone:x:${before.uid}:${before.uid}::/:/bin/sh\n` }).get(
    'web',
  );
  assert.notEqual(after?.uid, before.uid);
});

test('runs everything as the caller where that is not root', () => {
  const accounts = accountsOf({ ...sources, operator: { uid: 1000, gid: 100 }, named: new Map([['db', 'postgres']]) });
  assert.ok([...accounts.values()].every(({ uid, gid }) => uid === 1000 && gid === 100));
});

test('skips lines of passwd that are none', () => {
  assert.deepEqual(parseUsers('+::::::\nx:y\n\na:x:1:2:::\n'), [{ name: 'a', uid: 1, gid: 2 }]);
});
