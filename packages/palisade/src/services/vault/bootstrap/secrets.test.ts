import assert from 'node:assert/strict';
import test from 'node:test';
import type { ManagedSecret } from '../../../contracts/service-kind.ts';
import { Secret } from '../../../support/secret.ts';
import { composeFields } from './secrets.ts';

const secret: ManagedSecret = {
  path: 'db/app',
  fields: { username: { text: 'app' }, password: { generate: 3 } },
  readers: ['app'],
};
const bytes = (size: number): Uint8Array => new Uint8Array(size).fill(0xff);
const map = (fields: { readonly [name: string]: string }): ReadonlyMap<string, Secret> =>
  new Map(Object.entries(fields).map(([name, value]) => [name, new Secret(value)]));

const cases: readonly (readonly [
  string,
  ReadonlyMap<string, Secret>,
  ReadonlyMap<string, Secret>,
  { readonly [name: string]: string },
])[] = [
  ['generates what is missing', map({}), map({}), { username: 'app', password: '____' }],
  [
    'takes over what the goal does not know, and no value that is to be generated',
    map({}),
    map({ password: 'known to all', username: 'dev', extra: 'kept' }),
    { username: 'app', password: '____', extra: 'kept' },
  ],
  [
    'keeps what exists, also where the goal says otherwise',
    map({ password: 'in use', username: 'renamed' }),
    map({}),
    { username: 'renamed', password: 'in use' },
  ],
  ['adds a field that is new', map({ password: 'in use' }), map({}), { username: 'app', password: 'in use' }],
];

for (const [title, existing, migrated, expected] of cases)
  test(title, () => {
    const fields = composeFields(secret, existing, migrated, bytes);
    const revealed = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
    );
    assert.deepEqual(revealed, expected);
  });

test('hands a generated value on as a Secret', () => {
  assert.ok(composeFields(secret, map({}), map({}), bytes)['password'] instanceof Secret);
});
