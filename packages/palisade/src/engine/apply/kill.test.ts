import assert from 'node:assert/strict';
import { appendFile, cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/exec.ts';
import { aDirectory, executors, samplePlan, treeOf, writeProject } from '../fixtures/project.ts';
import { applyPlan, resumeApply } from './apply.ts';
import { readJournal } from './history.ts';
import { rollback } from './rollback.ts';

const program = fileURLToPath(new URL('../fixtures/killed.ts', import.meta.url));

/** Runs the fixture, which has to die of SIGKILL. */
const die = async (directory: string, what: 'apply' | 'rollback', moment: string, step: number): Promise<void> => {
  const args = ['--conditions=palisade-source', program, directory, what, moment, String(step)];
  const { exitCode, stdout, stderr } = await run(process.execPath, args, { timeout: 20_000 });
  assert.equal(`${exitCode} ${stdout}`, '137 ', `${moment} ${step} was not reached: ${stderr}`);
};

const stepMoments = ['before-intent', 'after-intent', 'after-act', 'before-outcome'] as const;
const steps = samplePlan.changes.map(({ step }) => step);

const applyDeaths: readonly (readonly [string, number])[] = [
  ['begin', 0],
  ...steps.flatMap((step) => stepMoments.map((moment) => [moment, step] as const)),
  // Four changes of contents, and what is kept: the plan, and before and after of three files, two after of one.
  ...Array.from({ length: 12 }, (_, index) => ['mid-write', index + 1] as const),
  ['before-end', 0],
];
const rollbackDeaths: readonly (readonly [string, number])[] = [
  ['begin', 0],
  ...steps.flatMap((step) =>
    (['before-intent', 'after-intent', 'after-act'] as const).map((moment) => [moment, step] as const),
  ),
  ...Array.from({ length: 3 }, (_, index) => ['mid-write', index + 1] as const),
  ['before-end', 0],
];

let untouched: Record<string, string> = {};
let applied: Record<string, string> = {};
before(async () => {
  const clean: (() => Promise<void>)[] = [];
  const directory = await aDirectory({ after: (call) => clean.push(call) });
  await writeProject(directory);
  untouched = await treeOf(directory);
  await applyPlan({ directory, plan: samplePlan, executors });
  applied = await treeOf(directory);
  assert.notDeepEqual(applied, untouched);
  for (const call of clean) await call();
});

describe('an apply that is killed', { concurrency: 2 }, () => {
  for (const [moment, step] of applyDeaths)
    it(`at ${moment} ${step} is finished by the next run, and can be undone`, async (context) => {
      const directory = await aDirectory(context);
      await writeProject(directory);
      await die(directory, 'apply', moment, step);

      const other = await aDirectory(context);
      await cp(directory, other, { recursive: true });

      await applyPlan({ directory, plan: samplePlan, executors });
      assert.deepEqual(await treeOf(directory), applied);
      const journal = await readJournal(directory);
      assert.deepEqual(
        journal.map(({ state, steps: told }) => [state, told.map((entry) => entry.state)]),
        [['applied', ['done', 'done', 'done', 'done', 'done']]],
      );

      const begun = (await readJournal(other)).length > 0;
      if (begun) await rollback({ directory: other });
      assert.deepEqual(await treeOf(other), untouched);
    });

  it('is finished by its journal alone', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await die(directory, 'apply', 'after-act', 3);
    const result = await resumeApply({ directory, executors });
    assert.deepEqual(result?.done, [1, 2, 3, 4, 5]);
    assert.deepEqual(await treeOf(directory), applied);
  });

  it('with a half-written line in its journal is finished', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await die(directory, 'apply', 'after-act', 4);
    const journal = join(directory, '.palisade/journal');
    const [name = ''] = await readdir(journal);
    await appendFile(join(journal, name), '{"type":"outcome","st');
    await applyPlan({ directory, plan: samplePlan, executors });
    assert.deepEqual(await treeOf(directory), applied);
    assert.equal((await readJournal(directory))[0]?.state, 'applied');
  });
});

describe('a rollback that is killed', { concurrency: 2 }, () => {
  for (const [moment, step] of rollbackDeaths)
    it(`at ${moment} ${step} is finished by the next one`, async (context) => {
      const directory = await aDirectory(context);
      await writeProject(directory);
      await applyPlan({ directory, plan: samplePlan, executors });
      await die(directory, 'rollback', moment, step);
      await rollback({ directory });
      assert.deepEqual(await treeOf(directory), untouched);
      assert.equal((await readJournal(directory))[0]?.state, 'rolled-back');
    });

  it('stands in the way of an apply', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await applyPlan({ directory, plan: samplePlan, executors });
    await die(directory, 'rollback', 'after-act', 3);
    await assert.rejects(applyPlan({ directory, plan: samplePlan, executors }), { code: 'engine/rollback-unfinished' });
    await assert.rejects(resumeApply({ directory, executors }), { code: 'engine/rollback-unfinished' });
  });
});
