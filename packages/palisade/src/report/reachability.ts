import { createColors } from 'picocolors';
import type { ReachCell, ReachTry } from '../contracts/evidence.ts';
import { type ReachMatrix, countVerdicts } from './matrix.ts';
import { printable, wrap } from './text.ts';

/** How a cell is shown. */
export const symbols: Readonly<Record<ReachCell['verdict'], string>> = {
  declared: '+',
  answering: '-',
  public: 'o',
  undeclared: '!',
  apart: '.',
  broken: 'x',
  unknown: '?',
};

const legend = [
  '+ calls and reaches    - is called by it, and reaches back    o reaches what it publishes for everybody    . kept apart',
  '! reaches without a call    x calls and does not reach    ? not known',
];

const families = (tries: readonly ReachTry[]): readonly string[] =>
  [...new Set(tries.map(({ address }) => (address.includes(':') ? 'IPv6' : 'IPv4')))].toSorted();

/** ` by IPv4`, ` by IPv6` or both; nothing where IPv4 alone was there to be tried. */
const familiesOf = (reached: readonly ReachTry[], tried: readonly ReachTry[]): string =>
  families(tried).includes('IPv6') ? ` by ${families(reached).join(' and ')}` : '';

/** Where a service was reached: the networks, or the host, and by which protocol where IPv6 was tried as well. */
export const waysOf = ({ tries }: ReachCell): string =>
  [...new Set(tries.map(({ over }) => over))]
    .flatMap((over) => {
      const tried = tries.filter((each) => each.over === over);
      const reached = tried.filter(({ outcome }) => outcome === 'open' || (outcome === 'refused' && over !== 'host'));
      return reached.length === 0 ? [] : [`${over}${familiesOf(reached, tried)}`];
    })
    .join(', ');

const names = (cells: readonly ReachCell[]): string => cells.map(({ to }) => to).join(', ');

/** What departs from the declared calls, one sentence for each caller and sort. */
export const departuresOf = ({ rows }: ReachMatrix): readonly string[] =>
  rows.flatMap(({ from, cells }) => {
    const of = (verdict: ReachCell['verdict']): readonly ReachCell[] =>
      cells.filter((cell) => cell.verdict === verdict);
    const undeclared = of('undeclared').map((cell) => `${cell.to} (${waysOf(cell)})`);
    return [
      ...(undeclared.length === 0 ? [] : [`${from} reaches without a call: ${undeclared.join(', ')}`]),
      ...(of('broken').length === 0 ? [] : [`${from} calls and does not reach: ${names(of('broken'))}`]),
      ...(of('unknown').length === 0 ? [] : [`whether ${from} reaches ${names(of('unknown'))} is not known`]),
    ];
  });

/** How many pairs are how, in one line. */
export const summaryOf = (matrix: ReachMatrix): string => {
  const counts = countVerdicts(matrix);
  return `${counts.declared} declared and reached, ${counts.undeclared} undeclared and reached, ${counts.apart} apart, ${counts.broken} broken, ${counts.unknown} unknown`;
};

/** The matrix as text: a row for the caller, a column for the called, and below it what departs from the declared calls. */
export const renderMatrix = (
  matrix: ReachMatrix,
  options: { readonly color: boolean; readonly width?: number },
): string => {
  const colors = createColors(options.color);
  const paint: Readonly<Record<ReachCell['verdict'], (text: string) => string>> = {
    declared: colors.green,
    answering: colors.dim,
    public: colors.dim,
    undeclared: colors.red,
    apart: colors.dim,
    broken: colors.red,
    unknown: colors.magenta,
  };
  const names = matrix.services.map((name) => printable(name));
  const longest = Math.max(0, ...names.map((name) => name.length));
  const header = `${''.padEnd(longest + 4)}  ${names.map((_, index) => String(index + 1).padStart(3)).join('')}`;
  const rows = matrix.rows.map(({ from, cells }, index) => {
    const marks = matrix.services.map((to) => {
      if (to === from) return '   ';
      const verdict = cells.find((cell) => cell.to === to)?.verdict ?? 'unknown';
      return `  ${paint[verdict](symbols[verdict])}`;
    });
    return `${String(index + 1).padStart(3)} ${printable(from).padEnd(longest)}  ${marks.join('')}`;
  });
  return [
    colors.bold('Who reaches whom, tried from inside the networks (row calls column)'),
    '',
    header,
    ...rows,
    '',
    ...legend.map(colors.dim),
    ...departuresOf(matrix).flatMap((line) =>
      wrap(printable(line), (options.width ?? 120) - 2).map((part) => `  ${part}`),
    ),
    summaryOf(matrix),
    '',
  ].join('\n');
};
