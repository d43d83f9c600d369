import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from './secret.ts';

const canary = 'canary-8f2e';

for (const [how, text] of [
  ['toString', String(new Secret(canary))],
  // oxlint-disable-next-line typescript/restrict-template-expressions -- the accident that this is about
  ['a template', `${new Secret(canary)}`],
  ['JSON', JSON.stringify({ inner: [new Secret(canary)] })],
  ['inspect', inspect({ inner: new Secret(canary) }, { depth: 9, showHidden: true })],
  ['format %o', format('%o %s %j', new Secret(canary), new Secret(canary), new Secret(canary))],
  ['concatenation', 'a' + new Secret(canary)],
  ['an error cause', inspect(new Error('outer', { cause: new Secret(canary) }))],
  ['its own keys', Object.entries(new Secret(canary)).join()],
] as const)
  test(`a secret does not show through ${how}`, () => assert.ok(!text.includes(canary), text));

test('a secret gives its value to reveal alone', () => assert.equal(new Secret(canary).reveal(), canary));
