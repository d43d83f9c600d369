import { controls } from '../catalog.generated.ts';
import type { Attack } from '../contracts/attack.ts';
import type { Severity } from '../contracts/control.ts';
import type { Assessment, Finding } from '../contracts/finding.ts';
import { reaches } from '../engine/index.ts';
import type { ExitCode } from '../support/errors.ts';

const results: Readonly<Record<'fail' | 'pass' | 'unknown', Attack['result']>> = {
  fail: 'accepted',
  pass: 'refused',
  unknown: 'unknown',
};

const isLiveAnswer = (finding: Finding): finding is Finding & { outcome: 'fail' | 'pass' | 'unknown' } =>
  finding.source === 'live' && finding.outcome !== 'not-applicable';

/** The findings of a live assessment from the attacker's side: one act for each service and control that can be tried. */
export const attacksOf = (assessment: Assessment): readonly Attack[] => {
  const acts = new Map(
    controls.flatMap(({ id, live }) => (live?.attack === undefined ? [] : [[id, live.attack] as const])),
  );
  return assessment.findings.filter(isLiveAnswer).flatMap((finding) => {
    const act = acts.get(finding.control);
    if (act === undefined || finding.resource.type === 'project') return [];
    return [
      {
        control: finding.control,
        service: finding.resource.name,
        act,
        severity: finding.severity,
        result: results[finding.outcome],
        detail: finding.message,
      },
    ];
  });
};

/**
 * The exit code of a round of attacks, as that of an assessment: 1 where one at or above the threshold was accepted, else 3
 * where such a one could not be tried or none was, else 0.
 */
export const exitCodeOfAttacks = (attacks: readonly Attack[], threshold: Severity): ExitCode => {
  const counted = attacks.filter(({ severity }) => reaches(severity, threshold));
  if (counted.some(({ result }) => result === 'accepted')) return 1;
  return counted.length === 0 || counted.some(({ result }) => result === 'unknown') ? 3 : 0;
};
