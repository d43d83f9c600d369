import type { Assessment, Finding } from '../contracts/finding.ts';
import { locationText, resourceName } from './order.ts';
import { printable } from './text.ts';

const escapeXml = (text: string): string =>
  printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const body = (finding: Finding): string => {
  const place = finding.at === undefined ? '' : ` (${locationText(finding.at)})`;
  const text = escapeXml(`${finding.message}${place}`);
  if (finding.suppression !== undefined)
    return `<skipped message="suppressed: ${escapeXml(finding.suppression.reason)}"/>`;
  if (finding.known) return '<skipped message="in the baseline"/>';
  switch (finding.outcome) {
    case 'fail':
      return `<failure type="${finding.severity}" message="${text}">${escapeXml(finding.fix)}</failure>`;
    case 'unknown':
      // An unknown is an error, not a skip: a skip reads as harmless.
      return `<error type="unknown" message="${text}"/>`;
    case 'not-applicable':
      return `<skipped message="${text}"/>`;
    case 'pass':
      return '';
  }
};

const isOpen = ({ suppression, known }: Finding): boolean => suppression === undefined && !known;

const count = (findings: readonly Finding[]): string => {
  const failures = findings.filter((finding) => finding.outcome === 'fail' && isOpen(finding)).length;
  const errors = findings.filter((finding) => finding.outcome === 'unknown' && isOpen(finding)).length;
  const skipped = findings.filter((finding) => !isOpen(finding) || finding.outcome === 'not-applicable').length;
  return `tests="${findings.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
};

/** The assessment as JUnit XML: a suite for each control, a case for each resource. */
export const renderJunit = (assessment: Assessment): string => {
  const suites = [...Map.groupBy(assessment.findings, ({ control }) => control)].map(([control, findings]) =>
    [
      `  <testsuite name="${escapeXml(control)}" ${count(findings)} timestamp="${assessment.assessedAt}">`,
      ...findings.map((finding) => {
        const content = body(finding);
        const head = `    <testcase classname="${escapeXml(control)}" name="${escapeXml(`${resourceName(finding.resource)}: ${finding.title}`)}"`;
        return content === '' ? `${head}/>` : `${head}>${content}</testcase>`;
      }),
      '  </testsuite>',
    ].join('\n'),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="palisade ${escapeXml(assessment.project.name)}" ${count(assessment.findings)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
};
