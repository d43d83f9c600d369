import type { Change, ComposeEdit, ComposeValue, FileMode, FileWrite } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { isList, isMap, valueBelow } from './compose-value.ts';
import { isBelow, relativeKeyPath } from './paths.ts';

/**
 * How two changes stand to each other: `apart` (both stay), `first` or `second` (that one already does what the other
 * asks, and stays alone), or a conflict with the reason.
 */
export type Relation = 'apart' | 'first' | 'second' | { readonly conflict: string };

const equal = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

const holds = (list: readonly ComposeValue[], value: ComposeValue): boolean =>
  list.some((entry) => equal(entry, value));

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const modes = (a: FileWrite | FileMode, b: FileWrite | FileMode): Relation =>
  a.mode === b.mode
    ? a.kind === 'file-mode' && b.kind === 'file-write'
      ? 'second'
      : 'first'
    : { conflict: `two different modes, ${octal(a.mode)} and ${octal(b.mode)}` };

const samePlace = (a: ComposeEdit['edit'], b: ComposeEdit['edit']): Relation => {
  if (equal(a, b)) return 'first';
  if (a.op === 'append' && b.op === 'append') return 'apart';
  if (a.op === 'remove' || b.op === 'remove') return { conflict: 'one removes what the other sets' };
  if (a.op === 'set' && b.op === 'set') return { conflict: 'two different values' };
  const list = a.op === 'set' ? a.value : b.value;
  const entry = a.op === 'append' ? a.value : b.value;
  if (!isList(list)) return { conflict: 'one sets a value that is no list, the other appends to it' };
  if (!holds(list, entry)) return 'apart';
  return a.op === 'set' ? 'first' : 'second';
};

/** True for one variable or one item of a list: what is gone needs no better value. */
const isEntry = ({ path }: ComposeEdit): boolean =>
  (path[2] === 'environment' && path.length > 3) || typeof path.at(-1) === 'number';

/** `outer` edits an ancestor of what `inner` edits. */
const nested = (outer: ComposeEdit, inner: ComposeEdit, below: readonly (string | number)[]): Relation => {
  const { edit } = outer;
  if (edit.op === 'append') return 'apart';
  if (edit.op === 'remove')
    return inner.edit.op === 'remove' || isEntry(outer)
      ? 'first'
      : { conflict: 'one removes what the other sets a part of' };
  const there = valueBelow(edit.value, below);
  if (inner.edit.op === 'remove')
    return there === undefined ? 'first' : { conflict: 'one removes a part of what the other sets' };
  if (there === undefined) {
    const parent = valueBelow(edit.value, below.slice(0, -1));
    const open = parent === undefined ? isMap(edit.value) : isMap(parent);
    return open ? 'apart' : { conflict: 'one sets a part of what the other replaces' };
  }
  if (inner.edit.op === 'set')
    return equal(there, inner.edit.value) && inner.edit.tag === undefined
      ? 'first'
      : { conflict: 'two different values' };
  if (!isList(there)) return { conflict: 'one sets a value that is no list, the other appends to it' };
  return holds(there, inner.edit.value) ? 'first' : 'apart';
};

const flip = (relation: Relation): Relation =>
  relation === 'first' ? 'second' : relation === 'second' ? 'first' : relation;

/** A value that takes the place of one which another change removes; undefined where none of the two removes the other's. */
const removal = (a: ComposeEdit, b: ComposeEdit): Relation | undefined => {
  if (!isEntry(a)) return undefined;
  if (a.edit.op === 'remove' && b.edit.op === 'set' && b.expects.state !== 'absent') return 'first';
  if (b.edit.op === 'remove' && a.edit.op === 'set' && a.expects.state !== 'absent') return 'second';
  return undefined;
};

const edits = (a: ComposeEdit, b: ComposeEdit): Relation => {
  if (a.file !== b.file) return 'apart';
  const below = relativeKeyPath(b.path, a.path);
  if (below !== undefined)
    return below.length === 0 ? (removal(a, b) ?? samePlace(a.edit, b.edit)) : nested(a, b, below);
  const above = relativeKeyPath(a.path, b.path);
  return above === undefined ? 'apart' : flip(nested(b, a, above));
};

const fileOf = (change: ComposeEdit | FileWrite | FileMode): string =>
  change.kind === 'compose-edit' ? change.file : change.path;

const isFile = (change: Change): change is ComposeEdit | FileWrite | FileMode =>
  change.kind === 'compose-edit' || change.kind === 'file-write' || change.kind === 'file-mode';

/** Tells how two changes stand to each other. Changes of services never conflict here: their executors check them. */
export const relate = (a: Change, b: Change): Relation => {
  if (a.kind === 'compose-edit' && b.kind === 'compose-edit') return edits(a, b);
  if (!isFile(a) || !isFile(b)) return equal(a, b) ? 'first' : 'apart';
  const [one, other] = [fileOf(a), fileOf(b)];
  if (isBelow(one, other) || isBelow(other, one))
    return { conflict: 'one needs a file where the other needs a directory' };
  if (one !== other) return 'apart';
  if (a.kind === 'compose-edit' || b.kind === 'compose-edit')
    return a.kind === 'file-write' || b.kind === 'file-write'
      ? { conflict: 'one edits the file that the other writes whole' }
      : 'apart';
  if (a.kind === 'file-write' && b.kind === 'file-write' && a.content !== b.content)
    return { conflict: 'two different contents' };
  return modes(a, b);
};
