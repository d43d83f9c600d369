import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ANYBODY } from './accounts.ts';
import type { Host } from './host.ts';
import { placesIn } from './mounts.ts';
import { moveDirectory } from './move.ts';
import { startOrder } from './order.ts';
import { isRunning } from './processes.ts';
import { closedDirectory, ownDirectory } from './rights.ts';
import { stopService } from './start.ts';
import type { StateFile } from './state.ts';

/** The first directory on the way to the data that the services' accounts may not enter; undefined where they get there. */
export const closedOnTheWay = ({ privileged, dataDirectory }: Host): string | undefined =>
  privileged ? closedDirectory(dataDirectory, ANYBODY) : undefined;

/**
 * Moves the data of the services to another directory, because the way to where it is has been closed since they were
 * started. All of them are stopped first, for they could not open another file. The record names the new place when all
 * is there: a run that was killed goes on where it was. What stands in the new place already is set aside.
 */
export const relocateData = async (
  host: Host,
  state: StateFile,
  { to, signal, say }: { readonly to: string; readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<void> => {
  const { processes } = state.current();
  const known = startOrder(host.stack).map(({ service }) => service);
  const strangers = Object.keys(processes).filter((service) => !known.includes(service));
  for (const service of [...strangers, ...known.toReversed()]) {
    signal.throwIfAborted();
    const record = processes[service];
    if (record !== undefined && isRunning(record)) say(`${service}: stopping, because its data has to be moved`);
    await stopService(host, state, service, signal);
  }
  const [source, target] = [host.places, placesIn(to)];
  await ownDirectory(dirname(to), host.operator, 0o711);
  await mkdir(to, { recursive: true, mode: 0o711 });
  const stamp = new Date(host.clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  for (const area of ['services', 'volumes', 'logs'] as const) {
    signal.throwIfAborted();
    const [from, destination] = [source[area], target[area]];
    if (!existsSync(from)) continue;
    if (existsSync(destination) && (await readdir(destination)).length > 0)
      await rename(destination, `${destination}.set-aside-${stamp}`);
    await rm(destination, { recursive: true, force: true });
    await moveDirectory(from, destination);
  }
  // Copies and mirrors are made anew at each start.
  for (const path of [source.copies, source.mirrors]) await rm(path, { recursive: true, force: true });
  await state.update((now) => ({ ...now, dataDirectory: to }));
};
