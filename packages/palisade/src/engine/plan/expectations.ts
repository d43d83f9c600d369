import { z } from 'zod';
import type { Change, ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { relativeKeyPath } from './paths.ts';
import { valueAfter } from './compose-value.ts';

const composeValue: z.ZodType<ComposeValue> = z.json();

const related = (a: ComposeEdit, b: ComposeEdit): boolean =>
  a.file === b.file && (relativeKeyPath(a.path, b.path) !== undefined || relativeKeyPath(b.path, a.path) !== undefined);

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
    const carefree = change.edit.op === 'append' && change.expects.state === 'absent';
    if (before.length === 0 || carefree) return change;
    const original =
      change.expects.state === 'absent' ? undefined : composeValue.parse(JSON.parse(change.expects.json));
    const value = before.reduce<ComposeValue | undefined>(
      (standing, edit) => valueAfter(change.path, standing, edit),
      original,
    );
    return {
      ...change,
      expects: value === undefined ? { state: 'absent' } : { state: 'present', json: canonicalJson(value) },
    };
  });
};
