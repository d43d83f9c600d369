import { readFile } from 'node:fs/promises';

/** Device names of `/proc/swaps`, whose first line is a heading. Source: proc_swaps(5). */
export const parseSwaps = (text: string): readonly string[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/[ \t]+/, 1)[0] ?? '')
    .filter((device) => device !== '');

/** The swap devices of this host; throws where the system does not say. */
export const readSwaps = async (signal: AbortSignal): Promise<readonly string[]> =>
  parseSwaps(await readFile('/proc/swaps', { encoding: 'utf8', signal }));
