import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrder } from './order.ts';
import { sketchStack } from './testing.ts';

const edge = (from: string, to: string) => ({ from, to, reasons: [] });

test('starts what is depended on first, by depends_on and by edges', () => {
  const stack = sketchStack('/p', { api: { after: ['db'] }, db: {}, vault: {} }, { edges: [edge('db', 'vault')] });
  assert.deepEqual(startOrder(stack), [
    { service: 'vault', after: [] },
    { service: 'db', after: ['vault'] },
    { service: 'api', after: ['db'] },
  ]);
});

test('lets an edge yield to depends_on where both make a circle', () => {
  for (const names of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const services = Object.fromEntries(names.map((name) => [name, name === 'a' ? { after: ['b'] } : {}]));
    const order = startOrder(sketchStack('/p', services, { edges: [edge('b', 'a')] }));
    assert.deepEqual(
      order.map(({ service }) => service),
      ['b', 'a'],
    );
  }
});

test('has a place for every service of a circle', () => {
  const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a')];
  const order = startOrder(sketchStack('/p', { a: {}, b: {}, c: {} }, { edges }));
  assert.deepEqual(
    order.map(({ service }) => service),
    ['c', 'b', 'a'],
  );
});

test('narrows to exactly the named services, and leaves inactive ones out', () => {
  const stack = sketchStack('/p', { api: { after: ['db', 'vault'] }, db: {}, vault: {}, tool: { active: false } });
  assert.deepEqual(startOrder(stack, ['api', 'vault', 'tool']), [
    { service: 'vault', after: [] },
    { service: 'api', after: ['vault'] },
  ]);
});
