import type { Change, ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { valueDigest } from '../../support/value-digest.ts';
import { valueAfter } from './compose-value.ts';
import { relativeKeyPath } from './paths.ts';

/** What stands at a path: only the file knows, or what an earlier edit of the plan has written there. */
type Standing = 'as in the file' | { readonly value: ComposeValue | undefined };

const related = (a: ComposeEdit, b: ComposeEdit): boolean =>
  a.file === b.file && (relativeKeyPath(a.path, b.path) !== undefined || relativeKeyPath(b.path, a.path) !== undefined);

const after = (change: ComposeEdit, standing: Standing, earlier: ComposeEdit): Standing => {
  const writesAll = earlier.edit.op !== 'append' && relativeKeyPath(change.path, earlier.path) !== undefined;
  if (standing === 'as in the file')
    return writesAll ? { value: valueAfter(change.path, undefined, earlier) } : standing;
  return { value: valueAfter(change.path, standing.value, earlier) };
};

const isAddition = ({ edit }: ComposeEdit): boolean => edit.op === 'append';

/**
 * Lets each edit expect what stands there when its turn comes. Controls write `expects` against the file as it is; an
 * earlier edit of the plan may have changed the very list that a later one appends to.
 */
export const settleExpectations = (ordered: readonly Change[]): readonly Change[] => {
  const earlier: ComposeEdit[] = [];
  return ordered.map((change) => {
    if (change.kind !== 'compose-edit') return change;
    const before = earlier.filter((edit) => related(edit, change));
    earlier.push(change);
    // An addition that expects nothing but the item's absence does not care what else is in the list.
    if (before.length === 0 || (isAddition(change) && change.expects.state === 'absent')) return change;
    const standing = before.reduce<Standing>(
      (current, edit) => after(change, current, edit),
      change.expects.state === 'absent' ? { value: undefined } : 'as in the file',
    );
    if (standing === 'as in the file') {
      // Additions and edits of parts have made another list of it, whose digest follows from no digest.
      return isAddition(change) ? { ...change, expects: { state: 'absent' } } : change;
    }
    const { value } = standing;
    return {
      ...change,
      expects: value === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(value) },
    };
  });
};
