import type { Severity } from '../../contracts/control.ts';

const descending: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** Position of a severity, the gravest first: 0 for `critical`, 4 for `info`. */
export const severityRank = (severity: Severity): number => descending.indexOf(severity);

/** True where a severity is as grave as the threshold or graver. */
export const reaches = (severity: Severity, threshold: Severity): boolean =>
  severityRank(severity) <= severityRank(threshold);
