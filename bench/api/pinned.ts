import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which processor a part of the bench is kept on, so that the load generator takes nothing from the server. */
export type Place = 'server' | 'client';

const canPin =
  availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;

/** How the bench is spread over processors, as a sentence's part. */
export const placement = canPin
  ? 'server on processor 0, client on processor 1 (taskset)'
  : 'server and client are not pinned: taskset or a second processor is missing';

/** A command that runs on the processor of its place. */
export const pinned = (place: Place, command: readonly string[]): readonly [string, ...string[]] => {
  const [program = '', ...rest] = command;
  return canPin ? ['taskset', '--cpu-list', place === 'server' ? '0' : '1', program, ...rest] : [program, ...rest];
};
