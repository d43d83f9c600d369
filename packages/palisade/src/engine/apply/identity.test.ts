import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import * as fc from 'fast-check';
import type { Change, ComposeValue, Plan } from '../../contracts/change.ts';
import { PalisadeError } from '../../support/errors.ts';
import { sha256 } from '../../support/files.ts';
import { executors, treeOf } from '../fixtures/project.ts';
import { makePlan } from '../plan/make-plan.ts';
import { applyPlan, resumeApply } from './apply.ts';
import { rollback } from './rollback.ts';
import { valueDigest } from '../../support/value-digest.ts';

interface Tree {
  readonly files: ReadonlyMap<string, { readonly content: string; readonly mode: number }>;
  readonly keys: Readonly<Record<string, ComposeValue>>;
}

const mode = fc.constantFrom(0o600, 0o640, 0o644, 0o755);
const path = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a', 'f/g/h');
const text = fc.string({ maxLength: 40 });
const value = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom('x', 'y'),
  fc.uniqueArray(fc.constantFrom('p', 'q')),
);
const key = fc.constantFrom('k', 'l', 'm');

const tree: fc.Arbitrary<Tree> = fc.record({
  files: fc
    .array(fc.tuple(path, fc.record({ content: text, mode })), { maxLength: 6 })
    .map((entries) => new Map(entries)),
  keys: fc.dictionary(key, value),
});

/** What somebody may ask for; what it expects is filled in from the tree. */
const wish = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), path, content: text, mode }),
  fc.record({ kind: fc.constant('mode' as const), path, mode }),
  fc.record({ kind: fc.constant('set' as const), key, value }),
  fc.record({ kind: fc.constant('append' as const), key, value: fc.constantFrom('r', 's', 't') }),
  fc.record({ kind: fc.constant('remove' as const), key }),
);

const edit = (
  tree: Tree,
  name: string,
  what: { op: 'set' | 'append'; value: ComposeValue } | { op: 'remove' },
): Change => {
  const before = tree.keys[name];
  return {
    kind: 'compose-edit',
    file: 'compose.yaml',
    path: ['services', name],
    edit: what,
    expects: before === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(before) },
  };
};

const changesOf = (
  tree: Tree,
  wishes: readonly (typeof wish extends fc.Arbitrary<infer W> ? W : never)[],
): readonly Change[] =>
  wishes.flatMap((wanted): readonly Change[] => {
    if (wanted.kind === 'write') {
      const there = tree.files.get(wanted.path);
      const expects =
        there === undefined
          ? { state: 'absent' as const }
          : { state: 'digest' as const, sha256: sha256(there.content) };
      return [{ kind: 'file-write', path: wanted.path, content: wanted.content, mode: wanted.mode, expects }];
    }
    if (wanted.kind === 'mode') {
      const there = tree.files.get(wanted.path);
      return there === undefined
        ? []
        : [{ kind: 'file-mode', path: wanted.path, mode: wanted.mode, expects: { mode: there.mode } }];
    }
    const before = tree.keys[wanted.key];
    if (wanted.kind === 'set') return [edit(tree, wanted.key, { op: 'set', value: wanted.value })];
    if (wanted.kind === 'append')
      return before === undefined || Array.isArray(before)
        ? [edit(tree, wanted.key, { op: 'append', value: wanted.value })]
        : [];
    return before === undefined ? [] : [edit(tree, wanted.key, { op: 'remove' })];
  });

const planOrConflict = (changes: readonly Change[]): Plan | undefined => {
  try {
    return makePlan([], { extra: changes.map((change, index) => ({ change, answers: [`c/${index} x`] })) });
  } catch (thrown) {
    assert.ok(thrown instanceof PalisadeError && thrown.code === 'engine/plan-conflict', String(thrown));
    return undefined;
  }
};

const lay = async (directory: string, { files, keys }: Tree): Promise<void> => {
  for (const [name, { content, mode }] of files) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
    await chmod(join(directory, name), mode);
  }
  await writeFile(join(directory, 'compose.yaml'), `# a comment\nservices: ${JSON.stringify(keys)}\n`);
};

it('an apply, stopped anywhere and finished, and a rollback leave a directory as it was', async () => {
  const run = fc.asyncProperty(tree, fc.array(wish, { maxLength: 8 }), fc.nat(8), async (before, wishes, stop) => {
    const plan = planOrConflict(changesOf(before, wishes));
    fc.pre(plan !== undefined && plan.changes.length > 0);
    const directory = await mkdtemp(join(tmpdir(), 'palisade-identity-'));
    try {
      await lay(directory, before);
      const untouched = await treeOf(directory);
      const cancel = new AbortController();
      const reached = (_moment: string, step: number): void => {
        if (step === stop) cancel.abort();
      };
      const stopped = await applyPlan({ directory, plan, executors, reached, signal: cancel.signal }).then(
        () => false,
        (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === 'engine/apply-stopped',
      );
      if (stopped) await resumeApply({ directory, executors });
      const applied = await treeOf(directory);
      const again = await applyPlan({ directory, plan, executors });
      assert.deepEqual(again.done, []);
      assert.deepEqual(await treeOf(directory), applied);
      await rollback({ directory });
      assert.deepEqual(await treeOf(directory), untouched);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
  await fc.assert(run, { numRuns: 60 });
});
