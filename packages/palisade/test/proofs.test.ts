import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controls } from '../src/catalog.generated.ts';
import { exceptions, proofOf, proofs } from './proofs.ts';

const live = controls.filter((control) => control.live !== undefined).map(({ id }) => id);
const workspace = join(import.meta.dirname, '..');

describe('the record of what proves the live controls', () => {
  for (const answer of ['fail', 'pass'] as const)
    it(`names a test that sees each one ${answer} on a real server, or says why there is none`, () => {
      const without = live.filter((id) => proofOf(id)[answer].length === 0 && exceptions[id]?.[answer] === undefined);
      assert.deepEqual(without, [], 'put them into proofs.ts, with the test that sees them');
      const both = live.filter((id) => proofOf(id)[answer].length > 0 && exceptions[id]?.[answer] !== undefined);
      assert.deepEqual(both, [], 'what is proven needs no excuse');
    });

  it('names no control that is not a live one of the catalogue', () => {
    const named = [
      ...proofs.flatMap(({ both, fail = [], pass = [] }) => [...both, ...fail, ...pass]),
      ...Object.keys(exceptions),
    ];
    assert.deepEqual(
      named.filter((id) => !live.includes(id)),
      [],
    );
  });

  it('names tests that hold themselves to it', () => {
    for (const { test } of proofs) {
      const path = join(workspace, test);
      assert.ok(existsSync(path), `${test} is gone`);
      assert.match(readFileSync(path, 'utf8'), /assertProven\(import\.meta\.filename, /, test);
    }
  });
});
