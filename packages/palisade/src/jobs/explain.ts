import { createColors } from 'picocolors';
import { controls } from '../catalog.generated.ts';
import type { AnyControl } from '../contracts/control.ts';
import type { RenderOptions } from '../report/index.ts';
import { wrap } from '../report/text.ts';
import { error } from './errors.ts';

/** Levenshtein's distance of two short texts. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
};

const nearest = (wanted: string): string | undefined =>
  controls
    .map(({ id }) => ({ id, away: Math.min(distance(wanted, id), distance(wanted, id.slice(id.indexOf('/') + 1))) }))
    .filter(({ away }) => away <= Math.max(3, wanted.length / 3))
    .toSorted((a, b) => a.away - b.away)[0]?.id;

const list = (options: RenderOptions): string => {
  const colors = createColors(options.color);
  const longest = Math.max(...controls.map(({ id }) => id.length));
  return controls
    .map(({ id, severity, title }) => `${id.padEnd(longest)}  ${colors.dim(severity.padEnd(8))}  ${title}\n`)
    .join('');
};

const one = (control: AnyControl, options: RenderOptions): string => {
  const colors = createColors(options.color);
  const sides = [
    ...(control.static === undefined ? [] : ['the files of the project']),
    ...(control.live === undefined ? [] : ['the running service (--live)']),
  ];
  const section = (title: string, text: string): readonly string[] => [
    '',
    colors.bold(title),
    ...wrap(text, options.width - 2).map((line) => `  ${line}`),
  ];
  return [
    `${colors.bold(control.id)}  ${control.severity}${control.aliases.length === 0 ? '' : colors.dim(`  also ${control.aliases.join(', ')}`)}`,
    control.title,
    ...section('Why', control.rationale),
    ...section('Fix', control.fix),
    ...section('Reads', sides.join(' and ')),
    ...(control.live?.attack === undefined ? [] : section('Proven by an attack', control.live.attack)),
    ...(control.checklist === undefined ? [] : section('Checklist', control.checklist.join(', '))),
    ...(control.references.length === 0
      ? []
      : [
          '',
          colors.bold('References'),
          ...control.references.map(
            ({ source, section: number, url }) =>
              `  ${source}${number === undefined ? '' : ` ${number}`}${url === undefined ? '' : `  ${url}`}`,
          ),
        ]),
    '',
  ].join('\n');
};

/**
 * The page of one control, or the list of all.
 *
 * @throws `job/unknown-control`
 */
export const explainControl = async (wanted: string | undefined, options: RenderOptions): Promise<string> => {
  if (wanted === undefined) return list(options);
  const control = controls.find(({ id, aliases }) => id === wanted || aliases.includes(wanted.toUpperCase()));
  if (control === undefined) throw error('job/unknown-control', { control: wanted, nearest: nearest(wanted) });
  return one(control, options);
};
