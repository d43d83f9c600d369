import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acquireLock } from './lock.ts';
import { identify } from './processes.ts';

const lockFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-lock-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'lock');
};

test('is held by one at a time and given back', async (context) => {
  const file = lockFor(context);
  const release = await acquireLock(file);
  await assert.rejects(acquireLock(file), { code: 'runtime/busy', message: new RegExp(`process ${process.pid} `) });
  await release();
  await (
    await acquireLock(file)
  )();
  assert.deepEqual(readdirSync(join(file, '..')), []);
});

test('is taken by exactly one of many', async (context) => {
  const file = lockFor(context);
  writeFileSync(file, JSON.stringify({ pid: process.pid, startTicks: 1, bootId: 'of another boot' }));
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(file)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

const stale: readonly (readonly [string, string])[] = [
  ['started at another time', JSON.stringify({ ...identify(process.pid), startTicks: 1 })],
  ['ran before the last boot', JSON.stringify({ ...identify(process.pid), bootId: 'x' })],
  ['has ended', JSON.stringify({ pid: 2 ** 22 + 1, startTicks: 1, bootId: 'x' })],
  ['nobody can read', 'gibberish'],
  ['is empty', ''],
];
for (const [what, text] of stale)
  test(`replaces a holder that ${what}`, async (context) => {
    const file = lockFor(context);
    writeFileSync(file, text);
    const release = await acquireLock(file);
    assert.match(readFileSync(file, 'utf8'), new RegExp(`"pid":${process.pid}`));
    await release();
  });

test('does not give back what another holds by now', async (context) => {
  const file = lockFor(context);
  const release = await acquireLock(file);
  writeFileSync(file, 'of another');
  await release();
  assert.equal(readFileSync(file, 'utf8'), 'of another');
});
