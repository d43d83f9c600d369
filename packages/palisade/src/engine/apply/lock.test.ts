import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../support/exec.ts';
import { aDirectory, executors, samplePlan, treeOf, writeProject } from '../fixtures/project.ts';
import { applyPlan } from './apply.ts';
import { takeLock } from './lock.ts';
import { rollback } from './rollback.ts';

const holder = async (file: string): Promise<object> => {
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
  assert.ok(typeof parsed === 'object' && parsed !== null);
  return parsed;
};

describe('the lock of a directory', () => {
  it('is held once, by whoever it names, and given back', async (context) => {
    const directory = await aDirectory(context);
    const file = join(directory, 'lock');
    const release = await takeLock(directory, file);
    await assert.rejects(takeLock(directory, file), {
      code: 'engine/directory-locked',
      message: new RegExp(`process ${process.pid} on ${hostname()}`),
    });
    await release();
    assert.deepEqual(await readdir(directory), []);
    await (
      await takeLock(directory, file)
    )();
  });

  it('goes to one of many that ask at once', async (context) => {
    const directory = await aDirectory(context);
    const file = join(directory, 'lock');
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(directory, file)));
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.deepEqual(await readdir(directory), ['lock']);
  });

  const stale: readonly (readonly [string, (ours: object, deadPid: number) => string])[] = [
    ['a process that is gone', (ours, pid) => JSON.stringify({ ...ours, pid })],
    ['another process that got the same number', (ours) => JSON.stringify({ ...ours, started: '1' })],
    ['the time before a restart of the machine', (ours) => JSON.stringify({ ...ours, boot: 'another' })],
    ['nobody that can be read', () => '{"pid":'],
  ];
  for (const [name, text] of stale)
    it(`is taken over from ${name}`, async (context) => {
      const directory = await aDirectory(context);
      const file = join(directory, 'lock');
      await takeLock(directory, file);
      const ours = await holder(file);
      const { stdout } = await run('/bin/sh', ['-c', 'echo $$'], { timeout: 5000 });
      await writeFile(file, text(ours, Number(stdout)));
      const release = await takeLock(directory, file);
      assert.deepEqual(await holder(file), ours);
      await release();
    });

  it('is not taken over from another host, which cannot be looked at', async (context) => {
    const directory = await aDirectory(context);
    const file = join(directory, 'lock');
    await takeLock(directory, file);
    await writeFile(file, JSON.stringify({ ...(await holder(file)), host: 'elsewhere', pid: 2 ** 22 + 1 }));
    await assert.rejects(takeLock(directory, file), { code: 'engine/directory-locked', message: /elsewhere/ });
  });

  it('lets one of two applies through, and refuses the other', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const options = { directory, plan: samplePlan, executors };
    const both = await Promise.allSettled([applyPlan(options), applyPlan(options)]);
    const refused = both.find((outcome) => outcome.status === 'rejected');
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.match(String(refused?.reason), /is being changed by process/);
    const applied = await treeOf(directory);
    assert.deepEqual(await applyPlan(options), { done: [], already: [1, 2, 3, 4, 5] });
    assert.deepEqual(await treeOf(directory), applied);
  });

  it('keeps a rollback out of a running apply', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const attempts: Promise<unknown>[] = [];
    const reached = (moment: string, step: number): void => {
      if (moment !== 'after-intent' || step !== 2) return;
      const attempt = rollback({ directory });
      attempt.catch(() => undefined);
      attempts.push(attempt);
    };
    await applyPlan({ directory, plan: samplePlan, executors, reached });
    assert.equal(attempts.length, 1);
    await assert.rejects(Promise.all(attempts), { code: 'engine/directory-locked' });
  });
});
