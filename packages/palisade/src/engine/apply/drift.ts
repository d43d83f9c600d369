import { unifiedDiff } from '../diff/unified.ts';
import { type FileState, textOf } from './file-state.ts';

/** A file that is not what a plan or a journal expects. */
export interface Drift {
  readonly path: string;
  /** What differs, as a diff with secrets masked, or in words. */
  readonly text: string;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Shows how a file differs from what was expected. */
export const driftBetween = (path: string, expected: FileState, found: FileState): Drift => {
  const diff = unifiedDiff({ path, before: textOf(expected), after: textOf(found) });
  const modes =
    expected.state === 'file' && found.state === 'file' && expected.mode !== found.mode
      ? `${path}: mode ${octal(expected.mode)} became ${octal(found.mode)}\n`
      : '';
  return { path, text: `${modes}${diff}` };
};

/** Details of an error about drifted files. */
export const driftDetails = (
  drifts: readonly Drift[],
): { readonly paths: readonly string[]; readonly diff: string } => ({
  paths: [...new Set(drifts.map(({ path }) => path))],
  diff: drifts.map(({ text }) => text).join(''),
});
