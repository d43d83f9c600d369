import assert from 'node:assert/strict';
import test from 'node:test';
import { failurePause, renewalDelay } from './session.ts';

test('renews between 56 and 67 hundredths of the life of a token', () => {
  assert.equal(Math.round(renewalDelay(3600, 0)), 2_400_000);
  assert.equal(Math.round(renewalDelay(3600, 1)), 2_040_000);
  assert.ok(renewalDelay(3600, 0.5) < renewalDelay(3600, 0.2));
});

test('doubles the ceiling of the pause up to the longest, and never goes on without one', () => {
  assert.equal(failurePause(1, 500, 60_000, 1), 500);
  assert.equal(failurePause(4, 500, 60_000, 1), 4_000);
  assert.equal(failurePause(40, 500, 60_000, 1), 60_000);
  assert.equal(failurePause(3, 500, 60_000, 0), 50);
});
