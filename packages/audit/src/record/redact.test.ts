import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from './redact.ts';

const canary = 'canary-8f2e-51d0';
const secret = { reveal: () => canary };

for (const [where, value] of [
  ['a Secret', { session: secret }],
  ['a Secret in a list', { keys: [[secret]] }],
  ['a field that is known', { password: canary }],
  ['a field that is known, written otherwise', { 'Client-Secret': canary, REFRESH_TOKEN: canary, apiKey: canary }],
  ['a list in a field that is known', { unseal_keys: [canary] }],
  ['an object in a field that is known', { credentials: { user: 'a', value: canary } }],
  ['headers', { headers: { authorization: canary, cookie: canary } }],
  ['a header in a text', { message: `the header was Authorization: Bearer ${canary}` }],
  ['a token of Vault in a text', { message: `token hvs.${canary}${canary} was refused` }],
  ['a JWT in a text', { message: `eyJhbGciOiJub25lIn0.${canary}.${canary}` }],
  ['a password in a URL', { message: `could not reach postgres://app:${canary}@db:5432/shop` }],
  ['a private key', { pem: `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----` }],
  ['the first half of a private key', { pem: `-----BEGIN EC PRIVATE KEY-----\n${canary}` }],
  ['an error', { cause: new Error(`login with amqp://u:${canary}@mq failed`) }],
  ['a map', { fields: new Map([['a', { token: canary }]]) }],
  ['bytes', { body: Buffer.from(canary) }],
] as const)
  test(`a secret is struck out of ${where}`, () => {
    const text = JSON.stringify(createRedactor()(value));
    assert.ok(!text.includes(canary) && !text.includes(canary.slice(0, 8)), text);
  });

test('secrets that are known are struck out wherever they occur, the longer ones first', () => {
  const redact = createRedactor({ secrets: () => [{ reveal: () => 'swordfish' }, { reveal: () => 'swordfish-2' }] });
  assert.deepEqual(redact({ path: '/a/swordfish-2/b', 'key swordfish': 1 }), {
    path: '/a/‹redacted›/b',
    'key ‹redacted›': 1,
  });
});

test("fields and rules of one's own are followed", () => {
  const redact = createRedactor({
    fields: ['tax-number'],
    text: (text) => text.replaceAll(/\b\d{4}-\d{4}\b/g, '‹card›'),
  });
  assert.deepEqual(redact({ taxNumber: '12', note: 'card 1234-5678' }), {
    taxNumber: '‹redacted›',
    note: 'card ‹card›',
  });
});

test('what is no secret stays as it is, in a copy', () => {
  const value = { user: 'anna', count: 3, list: [1, null, true], when: new Date(0), path: '/api/tokens/7', big: 10n };
  const copy = createRedactor()(value);
  assert.deepEqual(copy, { ...value, when: '1970-01-01T00:00:00.000Z', big: '10' });
  assert.notEqual(copy, value);
});

test('a key __proto__ stays a key and changes no prototype', () => {
  const copy = createRedactor()(JSON.parse('{"__proto__":{"admin":true},"a":1}'));
  assert.equal(JSON.stringify(copy), '{"__proto__":{"admin":true},"a":1}');
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
});

test('a value that holds itself is refused instead of being followed', () => {
  const value: { self?: unknown } = {};
  value.self = value;
  assert.throws(() => createRedactor()(value), { code: 'audit/event-invalid' });
});

test('a long text without secrets takes no time', () => {
  const texts = ['eyJ'.repeat(40_000), 'a://'.repeat(30_000), '-----BEGIN '.repeat(10_000), 'Bearer '.repeat(15_000)];
  const began = performance.now();
  createRedactor()(texts);
  assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
});
