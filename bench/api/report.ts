import { fastApiStack } from './fastapi.ts';
import { placement } from './pinned.ts';
import type { Extent, Sample, Samples } from './measure.ts';
import type { ServerName } from './servers.ts';

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? Number.NaN;

/** Ratios of the samples of the same rounds: their median, and the smallest and largest one. */
const ratio = (over: readonly Sample[], under: readonly Sample[], of: (sample: Sample) => number): string => {
  const ratios = over.flatMap((sample, round) => {
    const other = under[round];
    return other === undefined ? [] : [of(sample) / of(other)];
  });
  if (ratios.length === 0) return '–';
  const inOrder = sorted(ratios);
  return [median(ratios), inOrder[0] ?? 0, inOrder.at(-1) ?? 0]
    .map((value) => value.toFixed(2))
    .join(' ')
    .replace(/ (\S+) (\S+)$/, ' ($1–$2)');
};

const shown = (samples: readonly Sample[], of: (sample: Sample) => number, width: number): string =>
  (samples.length === 0 ? '–' : Math.round(median(samples.map(of))).toLocaleString('en')).padStart(width);

const perSecond = (sample: Sample): number => sample.perSecond;
/** Requests a second of one processor, so that a larger ratio is better for it too. */
const perCpuSecond = (sample: Sample): number => 1 / sample.cpu;
const row = (cells: readonly string[], widths: readonly number[]): string =>
  `  ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' ')}`.trimEnd();

/** The tables as text. */
export const reportOf = (samples: Samples, extent: Extent, absent: readonly string[]): string => {
  const lines = [
    `api: requests a second and processor time of the server a request; medians of ${extent.rounds} rounds in turns,`,
    `  ${extent.seconds} s each, ${extent.connections} connections; ${placement}; Node.js ${process.version}`,
    `  peer: ${fastApiStack}`,
    ...absent.map((line) => `  absent: ${line}`),
  ];
  const table = (bare: ServerName, guarded: ServerName, peer: ServerName | undefined): void => {
    const widths = [34, 8, 8, 8, 7, 7, 7, 6, 18, 18, 22, 22];
    lines.push(
      '',
      row(
        [guarded, 'requests a second', '', ' ', ' CPU, µs', '', '', 'busy', 'guarded / bare', '', 'guarded / FastAPI'],
        widths,
      ),
      row(
        [
          '',
          ...['bare', 'guarded', 'FastAPI'].map((name) => name.padStart(8)),
          ...['bare', 'guarded', 'FastAPI'].map((name) => name.padStart(7)),
          '',
          'rate',
          'by CPU',
          'rate',
          'by CPU',
        ],
        widths,
      ),
    );
    for (const [scenario, byServer] of samples) {
      const of = (name: ServerName | undefined): readonly Sample[] =>
        (name === undefined ? undefined : byServer.get(name)) ?? [];
      const all = [of(bare), of(guarded), of(peer)] as const;
      const [ofBare, ofGuarded, ofPeer] = all;
      if (ofGuarded.length === 0) continue;
      lines.push(
        row(
          [
            scenario.name,
            ...all.map((list) => shown(list, perSecond, 8)),
            ...all.map((list) => shown(list, ({ cpu }) => cpu, 7)),
            `${shown(ofGuarded, ({ busy }) => busy * 100, 3)} %`,
            ratio(ofGuarded, ofBare, perSecond),
            ratio(ofGuarded, ofBare, perCpuSecond),
            ratio(ofGuarded, ofPeer, perSecond),
            ratio(ofGuarded, ofPeer, perCpuSecond),
          ],
          widths,
        ),
      );
    }
  };
  table('bare', 'guarded', 'fastapi');
  table('bare, TLS', 'guarded, TLS', undefined);
  return [...lines, '', ''].join('\n');
};
