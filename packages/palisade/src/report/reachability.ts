import { createColors } from 'picocolors';
import type { ReachCell } from '../contracts/evidence.ts';
import { type ReachMatrix, countVerdicts } from './matrix.ts';
import { printable, wrap } from './text.ts';

/** How a cell is shown. */
export const symbols: Readonly<Record<ReachCell['verdict'], string>> = {
  declared: '+',
  answering: '-',
  undeclared: '!',
  apart: '.',
  broken: 'x',
  unknown: '?',
};

const legend =
  '+ calls and reaches   - is called by it, and reaches back   ! reaches without a call   . kept apart   x calls and does not reach   ? not known';

/** The ways by which a service gets at another: `postgres_net 172.20.0.3:5432`. */
const waysOf = ({ tries }: ReachCell): string =>
  tries
    .filter(({ outcome, over }) => outcome === 'open' || (outcome === 'refused' && over !== 'host'))
    .map(({ over, address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port} over ${over}`)
    .join(', ');

const sentences: Readonly<Partial<Record<ReachCell['verdict'], (from: string, cell: ReachCell) => string>>> = {
  undeclared: (from, cell) => `${from} reaches ${cell.to}, which it does not call: ${waysOf(cell)}`,
  broken: (from, { to }) => `${from} calls ${to} and does not reach it`,
  unknown: (from, { to }) => `whether ${from} reaches ${to} is not known`,
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
    undeclared: colors.red,
    apart: colors.dim,
    broken: colors.red,
    unknown: colors.magenta,
  };
  const names = matrix.services.map(printable);
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
  const departures = matrix.rows.flatMap(({ from, cells }) =>
    cells.flatMap((cell) => sentences[cell.verdict]?.(from, cell) ?? []),
  );
  const counts = countVerdicts(matrix);
  return [
    colors.bold('Who reaches whom, tried from inside the networks (row calls column)'),
    '',
    header,
    ...rows,
    '',
    colors.dim(legend),
    ...departures.flatMap((line) => wrap(printable(line), (options.width ?? 120) - 2).map((part) => `  ${part}`)),
    `${counts.declared} declared and reached, ${counts.undeclared} undeclared and reached, ${counts.apart} apart, ${counts.broken} broken, ${counts.unknown} unknown`,
    '',
  ].join('\n');
};
