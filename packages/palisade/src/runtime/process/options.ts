import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import type { Stack } from '../../contracts/stack.ts';
import { type Clock, systemClock } from '../../support/clock.ts';
import { sha256 } from '../../support/files.ts';
import { ANYBODY, accountsOf } from './accounts.ts';
import type { Bounds, Host } from './host.ts';
import { LOG_LIMIT } from './logs.ts';
import { placesIn } from './mounts.ts';
import { closedDirectory } from './rights.ts';
import { readState } from './state.ts';

/** What a process runtime is made from. */
export interface ProcessRuntimeOptions {
  readonly stack: Stack;
  readonly kinds: readonly ServiceKind[];
  /** Directory of the runtime alone; holds the record of what runs, and everything else where services can reach it. */
  readonly stateDirectory: string;
  /** Where programs are looked for, in order. */
  readonly programDirectories: readonly string[];
  /** Who runs Palisade; this process's account where absent. */
  readonly operator?: { readonly uid: number; readonly gid: number };
  /**
   * Where the services' data goes when root runs Palisade from a directory that other accounts may not enter; below it
   * each stack gets a directory of its own. `/var/lib/palisade` where absent.
   */
  readonly sharedDirectory?: string;
  readonly bounds?: Partial<Bounds>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

const DEFAULT_BOUNDS: Bounds = {
  start: 90_000,
  prepare: 120_000,
  stop: 20_000,
  exec: 60_000,
  logBytes: LOG_LIMIT,
};

const readIfPresent = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Where the data goes that the services' accounts could not reach beside the record of them. */
export const elsewhereOf = ({
  stack,
  stateDirectory,
  sharedDirectory = '/var/lib/palisade',
}: ProcessRuntimeOptions): string =>
  join(sharedDirectory, `${stack.name.replaceAll(/[^\w-]/g, '-')}-${sha256(stateDirectory).slice(0, 12)}`);

/** The host as it is now: where data lies and under which accounts services run. */
export const hostOf = (options: ProcessRuntimeOptions): Host => {
  const { stack, stateDirectory } = options;
  const operator = options.operator ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const privileged = operator.uid === 0;
  const kinds = new Map(options.kinds.map((kind) => [kind.id, kind]));
  const within = privileged ? closedDirectory(join(stateDirectory, 'services'), ANYBODY) : undefined;
  const dataDirectory =
    readState(stateDirectory)?.dataDirectory ?? (within === undefined ? stateDirectory : elsewhereOf(options));
  return {
    stack,
    kinds,
    operator,
    privileged,
    dataDirectory,
    apart: dataDirectory !== stateDirectory,
    places: placesIn(dataDirectory),
    accounts: accountsOf({
      stack,
      operator,
      users: readIfPresent('/etc/passwd'),
      uidMap: readIfPresent('/proc/self/uid_map'),
      named: new Map(
        [...stack.services.values()].flatMap(({ name, kind }) => {
          const account = kinds.get(kind)?.process?.account;
          return account === undefined ? [] : [[name, account] as const];
        }),
      ),
    }),
    programDirectories: options.programDirectories,
    bounds: { ...DEFAULT_BOUNDS, ...options.bounds },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    told: new Set(),
  };
};
