import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placesIn } from './mounts.ts';
import { moveDirectory } from './move.ts';
import { readState } from './state.ts';

const isEmpty = async (directory: string): Promise<boolean> =>
  !existsSync(directory) || (await readdir(directory)).length === 0;

/**
 * Moves the data of named volumes from one process runtime's keeping to another's, as Compose does by itself where two
 * projects have one name. A volume that the other one has data in already stays where it is. Nothing may run on the
 * volumes. Ownership is set when the services start.
 *
 * @returns the names of the volumes that were moved
 */
export const adoptVolumes = async (
  fromStateDirectory: string,
  toStateDirectory: string,
  volumes: readonly string[],
): Promise<readonly string[]> => {
  const [from, to] = [readState(fromStateDirectory), readState(toStateDirectory)];
  if (from === undefined || to === undefined) return [];
  const [source, target] = [placesIn(from.dataDirectory), placesIn(to.dataDirectory)];
  const moved: string[] = [];
  for (const volume of volumes) {
    const [before, after] = [source.volume(volume), target.volume(volume)];
    if ((await isEmpty(before)) || !(await isEmpty(after))) continue;
    await mkdir(dirname(after), { recursive: true });
    await rm(after, { recursive: true, force: true });
    await moveDirectory(before, after);
    moved.push(volume);
  }
  return moved;
};
