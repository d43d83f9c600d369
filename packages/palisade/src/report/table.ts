import { createColors } from 'picocolors';
import type { Severity } from '../contracts/control.ts';
import type { Assessment, ChecklistAnswer, Finding } from '../contracts/finding.ts';
import type { RenderOptions } from './format.ts';
import { countFindings, groupFindings, locationText, openFindings, severities, unknownFindings } from './order.ts';
import { plural, printable, wrap } from './text.ts';

type Colors = ReturnType<typeof createColors>;

const severityWidth = 'critical'.length;

const paint = (colors: Colors, severity: Severity): ((text: string) => string) =>
  ({
    critical: (text: string) => colors.bold(colors.red(text)),
    high: colors.red,
    medium: colors.yellow,
    low: colors.cyan,
    info: colors.dim,
  })[severity];

const renderFinding = (finding: Finding, colors: Colors, width: number): readonly string[] => {
  const indent = ' '.repeat(severityWidth + 4);
  const label =
    finding.outcome === 'unknown'
      ? colors.magenta('unknown'.padEnd(severityWidth))
      : paint(colors, finding.severity)(finding.severity.padEnd(severityWidth));
  const place =
    finding.at === undefined
      ? `(${finding.source === 'live' ? 'running service' : 'project'})`
      : locationText(finding.at);
  const [first = '', ...rest] = wrap(printable(finding.message), width - indent.length);
  return [
    `  ${label}  ${first}`,
    ...rest.map((line) => indent + line),
    `${indent}${colors.dim(`${printable(place)}  ${finding.control}`)}`,
    ...wrap(printable(finding.fix), width - indent.length - 2).map(
      (line, index) => indent + colors.green(`${index === 0 ? '→' : ' '} ${line}`),
    ),
  ];
};

const marks: Readonly<Record<ChecklistAnswer['state'], (colors: Colors) => string>> = {
  pass: (colors) => colors.green('pass   '),
  fail: (colors) => colors.red('FAIL   '),
  unknown: (colors) => colors.magenta('unknown'),
  manual: (colors) => colors.dim('manual '),
};

const renderChecklist = (answers: readonly ChecklistAnswer[], colors: Colors, width: number): readonly string[] => {
  const longest = Math.max(0, ...answers.map(({ title }) => title.length));
  return answers.flatMap(({ title, state, because }, index) => {
    const head = `  ${String(index + 1).padStart(2)}  ${marks[state](colors)}  ${title.padEnd(longest)}  `;
    const start = 2 + 2 + 2 + 7 + 2 + longest + 2;
    const [first = '', ...rest] = wrap(printable(because), Math.max(24, width - start));
    return [head + colors.dim(first), ...rest.map((line) => ' '.repeat(start) + colors.dim(line))];
  });
};

/** The assessment as a page to read in a terminal: by service, most harmful first, each with its place and its fix. */
export const renderTable = (assessment: Assessment, { color, width }: RenderOptions): string => {
  const colors = createColors(color);
  const counts = countFindings(assessment);
  const open = openFindings(assessment);
  const heading = (text: string): string => colors.bold(text);
  const lines: string[] = [
    heading(
      `${printable(assessment.project.name)}: ${assessment.mode} assessment of ${plural(assessment.services.length, 'service')}`,
    ),
    '',
  ];
  for (const { severity, code, message, next, at } of assessment.diagnostics) {
    const label = severity === 'error' ? colors.red('error  ') : colors.yellow('warning');
    lines.push(
      `  ${label}  ${printable(locationText(at, true))}  ${printable(message)} (${code})`,
      `           ${colors.green(`→ ${printable(next)}`)}`,
    );
  }
  if (assessment.diagnostics.length > 0) lines.push('');
  for (const { name, kind, findings } of groupFindings(
    [...open, ...unknownFindings(assessment)],
    assessment.services,
  )) {
    lines.push(`${heading(printable(name))}${kind === undefined ? '' : colors.dim(`  ${kind}`)}`);
    for (const finding of findings) lines.push(...renderFinding(finding, colors, width));
    lines.push('');
  }
  lines.push(heading('Checklist'), ...renderChecklist(assessment.checklist, colors, width), '');
  const bySeverity = severities
    .filter((severity) => counts.open[severity] > 0)
    .map((severity) => paint(colors, severity)(`${counts.open[severity]} ${severity}`));
  const others = [
    `${counts.pass} pass`,
    counts.unknown > 0 ? colors.magenta(`${counts.unknown} unknown`) : '0 unknown',
    ...(counts.suppressed > 0 ? [`${counts.suppressed} suppressed`] : []),
    ...(counts.known > 0 ? [`${counts.known} in the baseline`] : []),
  ];
  lines.push(
    `${plural(open.length, 'finding')}${bySeverity.length > 0 ? ` (${bySeverity.join(', ')})` : ''}, ${others.join(', ')}`,
  );
  if (assessment.liveControlsNotRun > 0)
    lines.push(
      colors.dim(
        `${plural(assessment.liveControlsNotRun, 'control')} that ${assessment.liveControlsNotRun === 1 ? 'asks' : 'ask'} running services did not run; add --live`,
      ),
    );
  return `${lines.join('\n')}\n`;
};
