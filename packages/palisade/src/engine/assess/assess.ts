import type { AnyControl } from '../../contracts/control.ts';
import type { Evidence, EvidenceName } from '../../contracts/evidence.ts';
import type { Assessment, Finding } from '../../contracts/finding.ts';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import type { Stack } from '../../contracts/stack.ts';
import { answerChecklist } from '../checklist.ts';
import { fingerprint } from './fingerprint.ts';
import { type Verdict, mergeSightings } from './merge.ts';
import { observeLive, observeStatic } from './observe.ts';
import { liveNeeds } from './relevance.ts';
import { resourceKey } from './resource.ts';
import { severityRank } from './severity.ts';
import { findSuppression, strayedSuppressions } from './suppression.ts';

/** What an assessment looks at. */
export interface AssessInput {
  readonly stack: Stack;
  readonly controls: readonly AnyControl[];
  /** Answers of the running services; live parts run only where it is given. */
  readonly evidence?: Evidence<EvidenceName>;
  /** The time by which suppressions expire, and which the assessment carries. */
  readonly now: Date;
  /** Fingerprints that an earlier assessment accepted; findings that have one of them are `known`. */
  readonly baseline?: ReadonlySet<string>;
  /** The kinds of services, for telling which service a live control is about. */
  readonly kinds?: readonly ServiceKind[];
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byGravity = (a: Finding, b: Finding): number =>
  severityRank(a.severity) - severityRank(b.severity) ||
  text(a.control, b.control) ||
  text(resourceKey(a.resource), resourceKey(b.resource)) ||
  (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
  text(a.fingerprint, b.fingerprint);

/** Makes a control's verdicts into findings. */
const stamp = (control: AnyControl, verdicts: readonly Verdict[], input: AssessInput): readonly Finding[] => {
  const counts = new Map<string, number>();
  return verdicts.map(({ key, ...verdict }) => {
    const slot = `${resourceKey(verdict.resource)} ${key}`;
    const ordinal = counts.get(slot) ?? 0;
    counts.set(slot, ordinal + 1);
    const print = fingerprint(control.id, verdict.resource, key, ordinal);
    const open = verdict.outcome === 'fail' || verdict.outcome === 'unknown';
    const { active, expired } = open
      ? findSuppression(input.stack.configuration.suppressions, control, verdict.resource, input.now)
      : {};
    return {
      ...verdict,
      control: control.id,
      title: control.title,
      severity: control.severity,
      fix: control.fix,
      fingerprint: print,
      message:
        expired === undefined
          ? verdict.message
          : `${verdict.message} (accepted by ${expired.owner} until ${expired.expires}, which has passed)`,
      ...(active === undefined ? {} : { suppression: active }),
      known: open && (input.baseline?.has(print) ?? false),
    };
  });
};

/**
 * Runs controls over a stack, and over the answers of its running services where there are any. Pure: equal inputs give
 * equal assessments. A control that throws costs one unknown finding, never the assessment.
 */
export const assess = (input: AssessInput): Assessment => {
  const { stack, controls, evidence, kinds = [] } = input;
  const notRun = new Set<string>();
  let liveControlsNotRun = 0;
  const findings = controls.flatMap((control) => {
    const needs = liveNeeds(control, stack, kinds);
    const sightings = [...observeStatic(control, stack)];
    if (evidence !== undefined) sightings.push(...observeLive(control, stack, evidence, needs));
    else if (control.live !== undefined) {
      liveControlsNotRun += 1;
      // A control about a kind that the stack does not have would have had nothing to look at.
      const idle = control.live.needs.length > 0 && needs.length === 0;
      if (control.static === undefined && !idle) notRun.add(control.id);
    }
    return stamp(control, mergeSightings(sightings), input);
  });
  return {
    schemaVersion: 1,
    project: { name: stack.name, directory: stack.directory, composeFiles: stack.composeFiles },
    assessedAt: input.now.toISOString(),
    mode: evidence === undefined ? 'static' : 'live',
    findings: findings.toSorted(byGravity),
    checklist: answerChecklist({
      controls,
      findings,
      notRun,
      unjudged: [...stack.services.values()]
        .filter(({ active, kind }) => active && kind === 'unknown')
        .map(({ name }) => name),
    }),
    diagnostics: [...stack.diagnostics, ...strayedSuppressions(stack.configuration.suppressions, controls)],
    services: [...stack.services.values()].map(({ name, kind, active }) => ({ name, kind, active })),
    liveControlsNotRun,
    threshold: stack.configuration.threshold,
  };
};
