import type { Change, ComposeEdit } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { compareKeyPaths, comparePaths, compareText } from './paths.ts';

/** Files stand before the Compose file mounts them, and services change when their files are in place. */
const phases: readonly (readonly Change['kind'][])[] = [
  ['file-write'],
  ['file-mode'],
  ['compose-edit'],
  ['vault-write', 'certificate-issue', 'sql-statement'],
  ['manual'],
];

const phase = (change: Change): number => phases.findIndex((kinds) => kinds.includes(change.kind));

const operations: readonly ComposeEdit['edit']['op'][] = ['set', 'append', 'remove'];

/**
 * Edits of one file: values first, parents before children; then additions to lists; removals last and from the back,
 * so that no index means another entry when its turn comes.
 */
const compareEdits = (a: ComposeEdit, b: ComposeEdit): number => {
  const operation = operations.indexOf(a.edit.op) - operations.indexOf(b.edit.op);
  if (operation !== 0) return operation;
  const paths = compareKeyPaths(a.path, b.path);
  if (a.edit.op === 'remove') return -paths;
  return paths || compareText(canonicalJson(a.edit), canonicalJson(b.edit));
};

/** The order in which changes are made. Changes of services keep the order in which they were given. */
export const compareChanges = (a: Change, b: Change): number => {
  const phases = phase(a) - phase(b);
  if (phases !== 0) return phases;
  if (a.kind === 'compose-edit' && b.kind === 'compose-edit') return comparePaths(a.file, b.file) || compareEdits(a, b);
  if ((a.kind === 'file-write' || a.kind === 'file-mode') && (b.kind === 'file-write' || b.kind === 'file-mode'))
    return comparePaths(a.path, b.path);
  return 0;
};
