import { createColors } from 'picocolors';
import type { Attack } from '../../contracts/attack.ts';
import type { Assessment, ChecklistAnswer } from '../../contracts/finding.ts';
import { countFindings, severities } from '../../report/order.ts';
import { printable, wrap } from '../../report/text.ts';

type Colors = ReturnType<typeof createColors>;

/** An act that was tried on both postures. */
export interface AttackPair {
  readonly before?: Attack;
  readonly after: Attack;
}

/** What two live assessments of one stack found. */
export interface Comparison {
  readonly before: Assessment;
  readonly after: Assessment;
  readonly attacks: readonly AttackPair[];
}

const keyOf = ({ control, service }: Attack): string => `${service} ${control}`;

const byHarm = (a: AttackPair, b: AttackPair): number =>
  a.after.service.localeCompare(b.after.service) ||
  severities.indexOf(a.after.severity) - severities.indexOf(b.after.severity) ||
  a.after.act.localeCompare(b.after.act);

/** Puts the attacks on both postures side by side; what was tried only before is left out, for there is nothing to compare. */
export const pairAttacks = (before: readonly Attack[], after: readonly Attack[]): readonly AttackPair[] => {
  const earlier = new Map(before.map((attack) => [keyOf(attack), attack]));
  return after
    .map((attack): AttackPair => {
      const match = earlier.get(keyOf(attack));
      return match === undefined ? { after: attack } : { before: match, after: attack };
    })
    .toSorted(byHarm);
};

const states: Readonly<Record<ChecklistAnswer['state'], (colors: Colors) => (text: string) => string>> = {
  pass: ({ green }) => green,
  fail: ({ red }) => red,
  unknown: ({ magenta }) => magenta,
  manual: ({ dim }) => dim,
};

const results: Readonly<Record<Attack['result'], (colors: Colors) => (text: string) => string>> = {
  accepted: ({ red }) => red,
  refused: ({ green }) => green,
  unknown: ({ magenta }) => magenta,
};

const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));

const checklistLines = ({ before, after }: Comparison, colors: Colors, width: number): readonly string[] => {
  const titleWidth = longest(after.checklist.map(({ title }) => title));
  const cell = (value: ChecklistAnswer['state']): string => states[value](colors)(value.padEnd(9));
  return after.checklist.flatMap(({ item, title, state, because }, index) => {
    const earlier = before.checklist.find((answer) => answer.item === item)?.state ?? 'unknown';
    const head =
      `${String(index + 1).padStart(2)}  ${title.padEnd(titleWidth)}  ${cell(earlier)}${cell(state)}`.trimEnd();
    // What passes needs no explanation, and the manual ones are explained once, below.
    return state === 'pass' || state === 'manual' ? [head] : [head, ...explained(because, colors, width)];
  });
};

const explained = (text: string, colors: Colors, width: number): readonly string[] =>
  wrap(printable(text), width - 6).map((line) => `      ${colors.dim(line)}`);

const attackLines = (attacks: readonly AttackPair[], colors: Colors, width: number): readonly string[] => {
  const serviceWidth = longest(attacks.map(({ after }) => after.service));
  const actWidth = longest(attacks.map(({ after }) => after.act));
  const cell = (attack: Attack | undefined): string =>
    attack === undefined ? 'not tried'.padEnd(10) : results[attack.result](colors)(attack.result.padEnd(10));
  return attacks.flatMap(({ before, after }) => {
    const head =
      `${after.service.padEnd(serviceWidth)}  ${after.act.padEnd(actWidth)}  ${cell(before)}${cell(after)}`.trimEnd();
    return after.result === 'refused' ? [head] : [head, ...explained(after.detail, colors, width)];
  });
};

/** The comparison as text: what an attacker could do, the 21 items, and the counts, before and after. */
export const renderComparison = (
  comparison: Comparison,
  options: { readonly color: boolean; readonly width: number },
): string => {
  const colors = createColors(options.color);
  const { before, after, attacks } = comparison;
  const [first, second] = [countFindings(before), countFindings(after)];
  return [
    colors.bold('What an attacker could do, before and after'),
    '',
    ...attackLines(attacks, colors, options.width),
    '',
    colors.bold('The 21 items, before and after'),
    '',
    ...checklistLines(comparison, colors, options.width),
    '',
    ...wrap('manual: no control answers the item in this version; a person has to look.', options.width).map(
      colors.dim,
    ),
    '',
    `Findings before: ${severities.map((severity) => `${first.open[severity]} ${severity}`).join(', ')}; ${first.pass} pass, ${first.unknown} unknown`,
    `Findings after:  ${severities.map((severity) => `${second.open[severity]} ${severity}`).join(', ')}; ${second.pass} pass, ${second.unknown} unknown`,
    '',
  ].join('\n');
};
