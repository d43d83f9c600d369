import assert from 'node:assert/strict';
import test from 'node:test';
import { isVaultError } from './errors.ts';
import { readFields } from './fields.ts';
import { Secret } from './secret.ts';

const unexpected = (read: () => unknown, part: RegExp): void => {
  assert.throws(read, (error: unknown) => {
    assert.ok(isVaultError(error, 'vault/unexpected-answer'));
    assert.match(error.message, part);
    assert.doesNotMatch(error.message, /canary/);
    return true;
  });
};

test('refuses a field of another type and names it without its value', () => {
  const fields = readFields({ token: 'canary', list: ['a', 7], nested: 'canary', count: 'canary' }, 'GET x');
  unexpected(() => fields.number('token'), /token of the answer is not a number/);
  unexpected(() => fields.boolean('token'), /not a boolean/);
  unexpected(() => fields.texts('list'), /list of texts/);
  unexpected(() => fields.fields('nested'), /not an object/);
  unexpected(() => fields.text('missing'), /missing/);
});

test('reads an inherited name as absent', () => {
  const fields = readFields({}, 'GET x');
  assert.equal(fields.has('constructor'), false);
  assert.equal(fields.optionalText('toString'), undefined);
});

test('treats an answer that is no object as one without fields', () => {
  for (const value of [undefined, null, 'text', [1], 7]) {
    const fields = readFields(value, 'GET x');
    assert.deepEqual(fields.names(), []);
    unexpected(() => fields.text('name'), /name/);
  }
});

test('takes null for an absent value and an empty list', () => {
  const fields = readFields({ a: null }, 'GET x');
  assert.equal(fields.optionalNumber('a'), undefined);
  assert.equal(fields.optionalFields('a'), undefined);
  assert.deepEqual(fields.texts('a'), []);
});

test('hands secrets over as Secret', () => {
  const secret = readFields({ key: 'canary' }, 'GET x').secret('key');
  assert.ok(secret instanceof Secret);
  assert.equal(secret.reveal(), 'canary');
});
