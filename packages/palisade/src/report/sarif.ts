import { pathToFileURL } from 'node:url';
import type { Severity } from '../contracts/control.ts';
import type { Assessment, Finding } from '../contracts/finding.ts';
import { version } from '../version.ts';
import { resourceName } from './order.ts';

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** GitHub's code scanning sorts by this number. Source: its SARIF support page, `security-severity`. */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
  info: '0.0',
};

const kinds: Readonly<Record<Finding['outcome'], 'fail' | 'pass' | 'open' | 'notApplicable'>> = {
  fail: 'fail',
  pass: 'pass',
  unknown: 'open',
  'not-applicable': 'notApplicable',
};

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const pascalCase = (id: string): string =>
  id.replaceAll(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_all, letter: string) => letter.toUpperCase());

const uriOf = (file: string): { uri: string; uriBaseId?: string } =>
  file.startsWith('/')
    ? { uri: pathToFileURL(file).href }
    : { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'PROJECT' };

const resultOf = (finding: Finding, ruleIndex: number, fallback: string, withBaseline: boolean): object => ({
  ruleId: finding.control,
  ruleIndex,
  kind: kinds[finding.outcome],
  // A level other than none is for kind fail only (SARIF 2.1.0, 3.27.10).
  level: finding.outcome === 'fail' ? levels[finding.severity] : 'none',
  message: { text: sentence(`${resourceName(finding.resource)}: ${finding.message}`) },
  locations: [
    {
      physicalLocation: {
        artifactLocation: uriOf(finding.at?.file ?? fallback),
        region: { startLine: finding.at?.line ?? 1, startColumn: finding.at?.column ?? 1 },
      },
      logicalLocations: [{ fullyQualifiedName: resourceName(finding.resource), kind: 'resource' }],
    },
  ],
  partialFingerprints: { 'palisade/v1': finding.fingerprint },
  ...(withBaseline ? { baselineState: finding.known ? 'unchanged' : 'new' } : {}),
  ...(finding.suppression === undefined
    ? {}
    : {
        suppressions: [
          {
            kind: 'external',
            status: 'accepted',
            justification: `${finding.suppression.reason} (${finding.suppression.owner}, until ${finding.suppression.expires})`,
          },
        ],
      }),
});

/** The assessment as SARIF 2.1.0 (OASIS standard), with one rule a control and stable fingerprints. */
export const renderSarif = (assessment: Assessment): string => {
  const rules = [...new Map(assessment.findings.map((finding) => [finding.control, finding])).values()].toSorted(
    (a, b) => (a.control < b.control ? -1 : 1),
  );
  const indexOf = new Map(rules.map(({ control }, index) => [control, index]));
  const withBaseline = assessment.findings.some(({ known }) => known);
  const fallback = assessment.project.composeFiles[0] ?? 'compose.yaml';
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Palisade',
            version,
            informationUri: 'https://www.npmjs.com/package/palisade',
            rules: rules.map(({ control, title, fix, severity }) => ({
              id: control,
              name: pascalCase(control),
              shortDescription: { text: sentence(title) },
              fullDescription: { text: sentence(title) },
              help: { text: sentence(fix) },
              defaultConfiguration: { level: levels[severity] },
              properties: { 'security-severity': securitySeverity[severity], tags: ['security'] },
            })),
          },
        },
        automationDetails: { id: `palisade/${assessment.mode}/` },
        originalUriBaseIds: { PROJECT: { uri: pathToFileURL(`${assessment.project.directory}/`).href } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: !assessment.diagnostics.some(({ severity }) => severity === 'error'),
            endTimeUtc: assessment.assessedAt,
            toolExecutionNotifications: assessment.diagnostics.map(({ severity, code, message, next, at }) => ({
              level: severity === 'error' ? 'error' : 'warning',
              descriptor: { id: code },
              message: { text: sentence(`${sentence(message)} ${next}`) },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: uriOf(at.file),
                    region: { startLine: at.line, startColumn: at.column },
                  },
                },
              ],
            })),
          },
        ],
        results: assessment.findings.map((finding) =>
          resultOf(finding, indexOf.get(finding.control) ?? 0, fallback, withBaseline),
        ),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};
