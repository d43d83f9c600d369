import type { Suppression } from '../../contracts/configuration.ts';
import type { AnyControl, Resource } from '../../contracts/control.ts';
import type { Diagnostic } from '../../contracts/stack.ts';
import { resourceName } from './resource.ts';

/** What the suppressions say about one finding: the one in force, or the one that has run out. */
export interface SuppressionAnswer {
  readonly active?: Suppression;
  readonly expired?: Suppression;
}

const names = (control: AnyControl, name: string): boolean => control.id === name || control.aliases.includes(name);

/** Finds the suppression of a control's finding about a resource. The last day counts, in UTC. */
export const findSuppression = (
  suppressions: readonly Suppression[],
  control: AnyControl,
  resource: Resource,
  now: Date,
): SuppressionAnswer => {
  const today = now.toISOString().slice(0, 10);
  const matching = suppressions.filter(
    (entry) => names(control, entry.control) && (entry.resource === '*' || entry.resource === resourceName(resource)),
  );
  const active = matching.find((entry) => today <= entry.expires);
  if (active !== undefined) return { active };
  const expired = matching.toSorted((a, b) => (a.expires < b.expires ? 1 : -1))[0];
  return expired === undefined ? {} : { expired };
};

/** A suppression that names a control which does not exist silences nothing; its owner should know. */
export const strayedSuppressions = (
  suppressions: readonly Suppression[],
  controls: readonly AnyControl[],
): readonly Diagnostic[] =>
  suppressions
    .filter((entry) => !controls.some((control) => names(control, entry.control)))
    .map((entry) => ({
      severity: 'warning',
      code: 'engine/suppression-without-control',
      message: `the suppression of ${entry.control} names no control of this version`,
      next: 'correct the name, or remove the suppression',
      at: entry.at,
    }));
