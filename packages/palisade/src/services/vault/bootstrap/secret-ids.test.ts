import assert from 'node:assert/strict';
import test from 'node:test';
import { lastsLongEnough } from './secret-ids.ts';

const made = (expiresAt: number | undefined) => ({
  accessor: 'a',
  metadata: new Map<string, string>(),
  createdAt: 0,
  expiresAt,
});

test('takes a secret-id for good while a third of its life is left', () => {
  assert.equal(lastsLongEnough(made(900), 0), true);
  assert.equal(lastsLongEnough(made(900), 600), true);
  assert.equal(lastsLongEnough(made(900), 601), false);
  assert.equal(lastsLongEnough(made(900), 2_000), false);
});

test('does not take one without an end for good', () => {
  assert.equal(lastsLongEnough(made(undefined), 0), false);
});
