import { spawnSync } from 'node:child_process';

/** Runs that share one reading of the clock, whose ticks are too coarse for a single run. */
const runsPerSample = 3;

/**
 * Seconds of processor time, user and system together, of one run of a command: the median of `samples`, each the mean of
 * three runs, after a warm-up.
 */
export const cpuSeconds = (command: readonly string[], samples: number): number => {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  // POSIX sh reports the processor time of all its ended children (times(1)).
  const measure = (count: number): number => {
    const { stdout, status } = spawnSync(
      'sh',
      ['-c', `i=0; while [ $i -lt ${count} ]; do ${quoted} >/dev/null 2>&1; i=$((i+1)); done; times`],
      {
        encoding: 'utf8',
        timeout: 300_000,
      },
    );
    if (status !== 0) throw new Error(`sh ended with ${status ?? 'no result'} while timing ${command.join(' ')}`);
    const seconds = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
      ([, minutes = '0', rest = '0']) => Number(minutes) * 60 + Number(rest),
    );
    return seconds.reduce((sum, value) => sum + value, 0) / count;
  };
  measure(1);
  const sorted = Array.from({ length: samples }, () => measure(runsPerSample)).toSorted((a, b) => a - b);
  return sorted[samples >> 1] ?? Number.NaN;
};
