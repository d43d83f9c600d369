import type { Assessment } from '../../contracts/finding.ts';
import type { ExitCode } from '../../support/errors.ts';
import { reaches } from './severity.ts';

/**
 * The exit code of an assessment; only findings at or above its threshold, and not suppressed, count.
 *
 * - 1: a control fails, and the baseline does not have it.
 * - 3: otherwise, a control could not determine its answer, or a file could not be read (an `error` diagnostic).
 * - 0: otherwise.
 *
 * 1 goes before 3: a proven hole stays a hole whatever else could not be looked at, and whoever mends it will meet the
 * unknowns in the next run. A baseline accepts failures, never unknowns, because nobody has seen what they hide.
 */
export const exitCodeOf = ({ findings, diagnostics, threshold }: Assessment): ExitCode => {
  const counted = findings.filter(
    ({ severity, suppression }) => suppression === undefined && reaches(severity, threshold),
  );
  if (counted.some(({ outcome, known }) => outcome === 'fail' && !known)) return 1;
  if (counted.some(({ outcome }) => outcome === 'unknown')) return 3;
  return diagnostics.some(({ severity }) => severity === 'error') ? 3 : 0;
};
