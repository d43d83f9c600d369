import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createDeadlines } from './deadlines.ts';

/** Lets time pass a millisecond at a time, as timers that timers start count from where the clock stands. */
const pass = ({ mock }: TestContext, milliseconds: number): void => {
  for (let passed = 0; passed < milliseconds; passed += 1) mock.timers.tick(1);
};

test('calls for each item once that has not ended in time, in their order, and for no other', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const over: string[] = [];
  const deadlines = createDeadlines<{ readonly name: string }>(1_000, ({ name }) => over.push(name));
  const [first, second, third] = [{ name: 'first' }, { name: 'second' }, { name: 'third' }];
  deadlines.start(first);
  pass(context, 400);
  deadlines.start(second);
  deadlines.start(third);
  deadlines.end(second);
  pass(context, 599);
  assert.deepEqual(over, []);
  pass(context, 51);
  assert.deepEqual(over, ['first']);
  pass(context, 350);
  assert.deepEqual(over, ['first']);
  pass(context, 50);
  assert.deepEqual(over, ['first', 'third']);
  pass(context, 5_000);
  assert.deepEqual(over, ['first', 'third']);
});

test('gives an item that comes after a silence its whole time', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const over: number[] = [];
  const deadlines = createDeadlines<{ readonly number: number }>(1_000, ({ number }) => over.push(number));
  for (let number = 0; number < 3; number += 1) {
    const item = { number };
    deadlines.start(item);
    pass(context, 999);
    assert.deepEqual(over, []);
    deadlines.end(item);
    pass(context, 5_000);
  }
  deadlines.start({ number: 3 });
  pass(context, 1_050);
  assert.deepEqual(over, [3]);
});
