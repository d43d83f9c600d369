import type { Clock } from '../../support/clock.ts';
import { error } from '../errors.ts';
import { type ProcessIdentity, isRunning, processTree, processesOf, signalProcess, writersOf } from './processes.ts';

/** What of a service may still run, and how long it may take to end. */
export interface StopTarget {
  readonly service: string;
  /** The recorded process; absent where only leftovers are looked for. */
  readonly main?: ProcessIdentity;
  readonly signal: NodeJS.Signals;
  readonly log: string;
  /** Account whose processes are all the service's; absent where others may use it as well. */
  readonly exclusiveUid?: number;
  /** Milliseconds from the stop signal to SIGKILL. */
  readonly within: number;
}

const PAUSE = 25;
/** Milliseconds that children may take to follow their parent, and processes to vanish after SIGKILL. */
const FOLLOW = 1000;
const VANISH = 5000;

const untilGone = async (
  processes: () => readonly ProcessIdentity[],
  within: number,
  clock: Clock,
  hurry?: AbortSignal,
): Promise<boolean> => {
  for (const deadline = clock.now() + within; ;) {
    if (processes().length === 0) return true;
    if (clock.now() >= deadline || hurry?.aborted === true) return false;
    await clock.sleep(PAUSE);
  }
};

/**
 * Ends a service: its stop signal to the main process, then SIGKILL to whatever is left of its tree, of what writes to
 * its log, and of its own account. An aborted `hurry` signal cuts the patience short; the service is ended all the same.
 * Throws `runtime/cannot-stop`.
 */
export const stopProcesses = async (target: StopTarget, clock: Clock, hurry?: AbortSignal): Promise<void> => {
  const known = new Map<number, ProcessIdentity>();
  const { main } = target;
  const alive = (): readonly ProcessIdentity[] => {
    const found = [
      ...(main !== undefined && isRunning(main) ? processTree(main.pid) : []),
      ...writersOf(target.log),
      ...(target.exclusiveUid === undefined ? [] : processesOf(target.exclusiveUid)),
    ];
    for (const identity of found) known.set(identity.pid, identity);
    return [...known.values()].filter(isRunning);
  };
  alive();
  if (main !== undefined && signalProcess(main, target.signal))
    await untilGone(() => [main].filter(isRunning), target.within, clock, hurry);
  const follows = main !== undefined && !isRunning(main);
  if (follows && (await untilGone(alive, FOLLOW, clock, hurry))) return;
  const gone = await untilGone(
    () => {
      const left = alive();
      for (const identity of left) signalProcess(identity, 'SIGKILL');
      return left;
    },
    VANISH,
    clock,
  );
  if (!gone) throw error('runtime/cannot-stop', { service: target.service, pids: alive().map(({ pid }) => pid) });
};
