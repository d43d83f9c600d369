import type { Change } from './change.ts';
import type { ChecklistItem, Resource, Severity } from './control.ts';
import type { Suppression } from './configuration.ts';
import type { Location } from './location.ts';
import type { Diagnostic } from './stack.ts';

/** A control's answer about one resource, stamped by the engine. */
export interface Finding {
  readonly control: string;
  readonly title: string;
  readonly severity: Severity;
  readonly resource: Resource;
  readonly outcome: 'pass' | 'not-applicable' | 'unknown' | 'fail';
  readonly message: string;
  readonly at?: Location;
  /** Which side of the control answered: the files, or the running service. */
  readonly source: 'static' | 'live';
  readonly fix: string;
  readonly remedy: readonly Change[];
  /** SHA-256 (hex) over control, resource and a discriminator that no edit elsewhere moves; never over a secret. */
  readonly fingerprint: string;
  readonly suppression?: Suppression;
  /** True where the baseline already had it. */
  readonly known: boolean;
}

/** One line of the checklist with the answer of its controls. */
export interface ChecklistAnswer {
  readonly item: ChecklistItem;
  /** The page's own words. */
  readonly title: string;
  readonly state: 'pass' | 'fail' | 'manual' | 'unknown';
  /** Why, in one sentence. */
  readonly because: string;
  readonly controls: readonly string[];
}

/** All that one assessment found. */
export interface Assessment {
  /** Version of this shape: `1`. */
  readonly schemaVersion: 1;
  readonly project: { readonly name: string; readonly directory: string; readonly composeFiles: readonly string[] };
  /** ISO time. */
  readonly assessedAt: string;
  readonly mode: 'static' | 'live';
  readonly findings: readonly Finding[];
  readonly checklist: readonly ChecklistAnswer[];
  readonly diagnostics: readonly Diagnostic[];
  readonly services: readonly { readonly name: string; readonly kind: string; readonly active: boolean }[];
  /** Controls whose live part did not run because the assessment was static. */
  readonly liveControlsNotRun: number;
  readonly threshold: Severity;
}
