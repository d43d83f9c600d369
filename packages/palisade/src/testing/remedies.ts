import assert from 'node:assert/strict';
import { diffArrays } from 'diff';
import { isCollection, isMap, isScalar, parseDocument } from 'yaml';
import type { Change, ComposeEdit, FileMode, FileWrite } from '../contracts/change.ts';
import type { Observation } from '../contracts/control.ts';
import { applyComposeEdits } from '../model/index.ts';
import { canonicalJson } from '../support/canonical-json.ts';
import type { FixtureProject } from './project.ts';

/** The changes that can be made to the files of a fixture. */
export type ProjectChange = ComposeEdit | FileWrite | FileMode;

const isProjectChange = (change: Change): change is ProjectChange =>
  change.kind === 'compose-edit' || change.kind === 'file-write' || change.kind === 'file-mode';

/** The changes of files that the failures ask for, each once: what a plan would hold. */
export const projectChanges = (observations: readonly Observation[]): readonly ProjectChange[] => {
  const changes = observations
    .flatMap((observation) => (observation.outcome === 'fail' ? (observation.remedy ?? []) : []))
    .filter(isProjectChange);
  return [...new Map(changes.map((change) => [canonicalJson(change), change])).values()];
};

/** True where edits of files alone answer the failure, so that it has to be gone after them. */
export const isCuredByFiles = (observation: Observation): boolean =>
  observation.outcome === 'fail' &&
  observation.remedy !== undefined &&
  observation.remedy.some(isProjectChange) &&
  observation.remedy.every((change) => isProjectChange(change) || change.kind === 'manual');

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The lines of a text, from 1, that an edit may change: those of the value that it names. */
const editableLines = (text: string, { path, edit }: ComposeEdit): ReadonlySet<number> => {
  const document = parseDocument(text, { uniqueKeys: false, merge: false });
  const lines = new Set<number>();
  const mark = (from: number, to: number): void => {
    const end = lineOf(text, Math.max(from, to - 1));
    for (let line = lineOf(text, from); line <= end; line += 1) lines.add(line);
  };
  const markKey = (depth: number): boolean => {
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
    const keys = isMap(parent) ? parent.items.map((pair) => pair.key) : [];
    const key = keys.find((each) => isScalar(each) && each.value === path[depth - 1]);
    if (isScalar(key) && key.range) mark(key.range[0], key.range[1]);
    return key !== undefined;
  };
  // A list that loses its last item is written as an empty one, beside its key.
  if (edit.op === 'remove') markKey(path.length - 1);
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const hasKey = markKey(depth);
    if ((isScalar(node) || isCollection(node)) && node.range) {
      // Where the value itself is not there yet, a block that encloses it only grows.
      if (depth === path.length || isScalar(node) || node.flow === true) mark(node.range[0], node.range[1]);
      break;
    }
    if (hasKey) break;
  }
  return lines;
};

/** Lines of the first text, from 1, that the second does not have in their place. */
const lostLines = (before: string, after: string): readonly number[] => {
  const lost: number[] = [];
  let line = 1;
  for (const { added, removed, value } of diffArrays(before.split('\n'), after.split('\n'))) {
    if (added) continue;
    if (removed) lost.push(...value.map((_, index) => line + index));
    line += value.length;
  }
  return lost;
};

const applyEdits = (project: FixtureProject, file: string, edits: readonly ComposeEdit[]): void => {
  const before = project.read(file);
  const after = applyComposeEdits(before, edits);
  const allowed = new Set(edits.flatMap((edit) => [...editableLines(before, edit)]));
  const strayed = lostLines(before, after).filter((line) => !allowed.has(line));
  assert.deepEqual(
    strayed.map((line) => `${file}:${line} ${before.split('\n')[line - 1] ?? ''}`),
    [],
    `the edits changed lines that they do not name; they name ${edits.map(({ path }) => path.join('.')).join(', ')}`,
  );
  project.write(file, after);
};

/** Makes the changes in a fixture's project, and asserts that edits of a Compose file touch only what they name. */
export const applyChanges = (project: FixtureProject, changes: readonly ProjectChange[]): void => {
  const edits = changes.filter((change) => change.kind === 'compose-edit');
  for (const [file, group] of Map.groupBy(edits, (edit) => edit.file)) applyEdits(project, file, group);
  for (const change of changes)
    if (change.kind === 'file-write') {
      assert.ok(!/compose\.ya?ml$/.test(change.path), 'a remedy writes the Compose file whole instead of editing it');
      project.write(change.path, change.content, change.mode);
    } else if (change.kind === 'file-mode') project.setMode(change.path, change.mode);
};
