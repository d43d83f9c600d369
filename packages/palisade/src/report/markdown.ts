import type { Assessment } from '../contracts/finding.ts';
import { countFindings, groupFindings, locationText, openFindings, severities, unknownFindings } from './order.ts';
import { plural, printable } from './text.ts';

const cell = (text: string): string =>
  printable(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('`', '\\`');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The assessment as Markdown, for a pull request or a wiki. */
export const renderMarkdown = (assessment: Assessment): string => {
  const counts = countFindings(assessment);
  const open = openFindings(assessment);
  const groups = groupFindings([...open, ...unknownFindings(assessment)], assessment.services);
  return [
    `# Posture of ${cell(assessment.project.name)}`,
    '',
    `${plural(open.length, 'finding')} (${severities.map((severity) => `${counts.open[severity]} ${severity}`).join(', ')}), ${counts.pass} pass, ${counts.unknown} unknown, ${counts.suppressed} suppressed. ${assessment.mode === 'live' ? 'Live' : 'Static'} assessment of ${assessment.assessedAt}.`,
    '',
    '## Checklist',
    '',
    row(['item', 'state', 'because']),
    row(['---', '---', '---']),
    ...assessment.checklist.map(({ title, state, because }) =>
      row([cell(title), state === 'fail' ? '**fail**' : state, cell(because)]),
    ),
    '',
    '## Findings',
    '',
    ...groups.flatMap(({ name, kind, findings }) => [
      `### ${cell(name)}${kind === undefined ? '' : ` (${kind})`}`,
      '',
      row(['severity', 'finding', 'where', 'fix']),
      row(['---', '---', '---', '---']),
      ...findings.map((finding) =>
        row([
          finding.outcome === 'unknown' ? 'unknown' : finding.severity,
          `${cell(finding.message)} (${finding.control})`,
          finding.at === undefined ? finding.source : cell(locationText(finding.at)),
          cell(finding.fix),
        ]),
      ),
      '',
    ]),
    ...(assessment.diagnostics.length === 0
      ? []
      : [
          '## Files that could not be used',
          '',
          ...assessment.diagnostics.map(
            ({ at, message, next }) => `- ${cell(locationText(at, true))}: ${cell(message)}. ${cell(next)}`,
          ),
          '',
        ]),
  ].join('\n');
};
