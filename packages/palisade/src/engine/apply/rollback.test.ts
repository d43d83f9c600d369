import assert from 'node:assert/strict';
import { appendFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sha256 } from '../../support/files.ts';
import { aDirectory, executors, samplePlan, treeOf, writeProject } from '../fixtures/project.ts';
import { applyPlan } from './apply.ts';
import { readJournal } from './history.ts';
import { rollback } from './rollback.ts';

const applied = async (context: Parameters<typeof aDirectory>[0]) => {
  const directory = await aDirectory(context);
  await writeProject(directory);
  const untouched = await treeOf(directory);
  await applyPlan({ directory, plan: samplePlan, executors });
  return { directory, untouched };
};

const fullDisk = async (): Promise<void> => {
  throw new Error('ENOSPC: no space left on device, write');
};

describe('rolling back', () => {
  it('restores contents and modes, and removes files and directories that were made', async (context) => {
    const { directory, untouched } = await applied(context);
    const { undone } = await rollback({ directory });
    assert.deepEqual(undone, [5, 4, 3, 2, 1]);
    assert.deepEqual(await treeOf(directory), untouched);
    const [history] = await readJournal(directory);
    assert.equal(history?.state, 'rolled-back');
    assert.ok(history.steps.every(({ state }) => state === 'undone'));
  });

  it('leaves a new directory where somebody has put a file of their own', async (context) => {
    const { directory } = await applied(context);
    await writeFile(join(directory, 'secrets/mine'), 'x');
    await rollback({ directory });
    assert.deepEqual(await readdir(join(directory, 'secrets')), ['mine']);
  });

  it('stops where it cannot write, and goes on later', async (context) => {
    const { directory, untouched } = await applied(context);
    await assert.rejects(rollback({ directory, write: fullDisk }), {
      code: 'engine/rollback-stopped',
      message: /step 5 \(compose\.yaml .*no space left/,
    });
    await rollback({ directory });
    assert.deepEqual(await treeOf(directory), untouched);
  });

  it('happens once', async (context) => {
    const { directory } = await applied(context);
    await rollback({ directory });
    await assert.rejects(rollback({ directory }), { code: 'engine/nothing-to-roll-back' });
  });

  it('finds nothing where nothing was applied, and makes nothing', async (context) => {
    const directory = await aDirectory(context);
    await assert.rejects(rollback({ directory }), { code: 'engine/nothing-to-roll-back' });
    assert.deepEqual(await readdir(directory), []);
  });

  it('lets the same plan be applied again', async (context) => {
    const { directory, untouched } = await applied(context);
    const hardened = await treeOf(directory);
    await rollback({ directory });
    const again = await applyPlan({ directory, plan: samplePlan, executors });
    assert.deepEqual([again.apply, again.done.length], ['000002', 5]);
    assert.deepEqual(await treeOf(directory), hardened);
    await rollback({ directory });
    assert.deepEqual(await treeOf(directory), untouched);
  });

  it('refuses where a file was edited after the apply, shows the edit, and touches nothing', async (context) => {
    const { directory } = await applied(context);
    await appendFile(join(directory, 'compose.yaml'), '    environment: { API_TOKEN: hunter2canary }\n# mine\n');
    const before = await treeOf(directory);
    await assert.rejects(rollback({ directory }), (thrown) => {
      assert.ok(thrown instanceof Error && 'code' in thrown);
      assert.equal(thrown.code, 'engine/files-edited-since-apply');
      assert.match(thrown.message, /^\+# mine$/m);
      assert.doesNotMatch(thrown.message, /hunter2canary/);
      return true;
    });
    assert.deepEqual(await treeOf(directory), before);
    assert.equal((await readJournal(directory))[0]?.state, 'applied');
  });

  it('overwrites the edit by force, and keeps what it held', async (context) => {
    const { directory, untouched } = await applied(context);
    await appendFile(join(directory, 'compose.yaml'), '# mine\n');
    await rm(join(directory, 'redis/redis.conf'));
    const { kept } = await rollback({ directory, force: true });
    assert.deepEqual(await treeOf(directory), untouched);
    assert.equal(kept.length, 1);
    assert.match(await readFile(kept[0] ?? '', 'utf8'), /# mine/);
  });

  it('refuses where an original is damaged, before it touches anything', async (context) => {
    const { directory } = await applied(context);
    const originals = join(directory, '.palisade/originals/000001');
    await writeFile(join(originals, sha256('port 6379\n')), 'damaged');
    const before = await treeOf(directory);
    await assert.rejects(rollback({ directory }), { code: 'engine/originals-missing', message: /redis\/redis\.conf/ });
    assert.deepEqual(await treeOf(directory), before);
  });
});
