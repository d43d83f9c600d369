import type { Resource, Severity } from '../contracts/control.ts';
import type { Assessment, Finding } from '../contracts/finding.ts';
import type { Location } from '../contracts/location.ts';

/** Severities from the most harmful to the least. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** What a resource is called in a report: `postgres`, `network default`, `project`. */
export const resourceName = (resource: Resource): string =>
  resource.type === 'project'
    ? 'project'
    : resource.type === 'service'
      ? resource.name
      : `${resource.type} ${resource.name}`;

/** `compose.yaml:12:5`, or `compose.yaml:12` without the column. */
export const locationText = ({ file, line, column }: Location, withColumn = false): string =>
  withColumn ? `${file}:${line}:${column}` : `${file}:${line}`;

const compare = (a: Finding, b: Finding): number =>
  severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
  (a.at?.file ?? '').localeCompare(b.at?.file ?? '') ||
  (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
  a.control.localeCompare(b.control);

/** Findings of one resource, the most harmful first. */
export interface FindingGroup {
  readonly name: string;
  /** The service's kind; absent for what is no service. */
  readonly kind?: string;
  readonly findings: readonly Finding[];
}

/** Findings grouped by resource; groups with the most harmful finding first, then by name. */
export const groupFindings = (
  findings: readonly Finding[],
  services: Assessment['services'],
): readonly FindingGroup[] =>
  [...Map.groupBy(findings, ({ resource }) => resourceName(resource))]
    .map(([name, members]) => {
      const kind = services.find((service) => service.name === name)?.kind;
      return { name, findings: members.toSorted(compare), ...(kind === undefined ? {} : { kind }) };
    })
    .toSorted((a, b) => {
      const [first, second] = [a.findings[0], b.findings[0]];
      if (first === undefined || second === undefined) return 0;
      return severities.indexOf(first.severity) - severities.indexOf(second.severity) || a.name.localeCompare(b.name);
    });

/** Failing findings that nobody has accepted and no baseline knows. */
export const openFindings = (assessment: Assessment): readonly Finding[] =>
  assessment.findings.filter(
    ({ outcome, suppression, known }) => outcome === 'fail' && suppression === undefined && !known,
  );

/** Findings whose answer is not known. */
export const unknownFindings = (assessment: Assessment): readonly Finding[] =>
  assessment.findings.filter(({ outcome, suppression }) => outcome === 'unknown' && suppression === undefined);

/** How many findings there are of each sort. */
export interface Counts {
  readonly open: Readonly<Record<Severity, number>>;
  readonly pass: number;
  readonly unknown: number;
  readonly notApplicable: number;
  readonly suppressed: number;
  readonly known: number;
}

/** Counts of one assessment. */
export const countFindings = (assessment: Assessment): Counts => {
  const open = openFindings(assessment);
  const count = (outcome: Finding['outcome']): number =>
    assessment.findings.filter((finding) => finding.outcome === outcome).length;
  const bySeverity = (severity: Severity): number => open.filter((finding) => finding.severity === severity).length;
  return {
    open: {
      critical: bySeverity('critical'),
      high: bySeverity('high'),
      medium: bySeverity('medium'),
      low: bySeverity('low'),
      info: bySeverity('info'),
    },
    pass: count('pass'),
    unknown: unknownFindings(assessment).length,
    notApplicable: count('not-applicable'),
    suppressed: assessment.findings.filter(
      ({ outcome, suppression }) => outcome === 'fail' && suppression !== undefined,
    ).length,
    known: assessment.findings.filter(({ outcome, known }) => outcome === 'fail' && known).length,
  };
};
