import { mapConcurrently } from '../../support/concurrency.ts';
import { isOutdated } from './configuration.ts';
import { type Host, runnableOf } from './host.ts';
import type { Step } from './order.ts';
import { isRunning } from './processes.ts';
import { assignPorts, startService, stopService } from './start.ts';
import type { StateFile } from './state.ts';

/** Servers that start at the same time; each is busy with a processor at first. */
const AT_ONCE = 3;

/** What to start. */
export interface StartAll {
  readonly steps: readonly Step[];
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Starts what does not run, or runs with an earlier configuration, each service when those before it are ready. Leftovers of a
 * killed run go first. Where one fails, those that need it are not started, the others are, and the first failure is thrown; what is ready stays, so
 * that it can be looked at and the next try is short. Where the signal is aborted, everything that this call started
 * is ended again.
 */
export const startAll = async (host: Host, state: StateFile, { steps, signal, say }: StartAll): Promise<void> => {
  const toStart = new Set<string>();
  for (const { service } of steps.toReversed()) {
    signal.throwIfAborted();
    const record = state.current().processes[service];
    if (record?.phase === 'ready' && isRunning(record)) {
      if (!isOutdated(host, service, record)) continue;
      say(`${service}: stopping, because its configuration has changed since it was started`);
    }
    await stopService(host, state, service);
    toStart.add(service);
  }
  // Every port before the first start: services name each other in both directions.
  for (const service of host.stack.services.keys()) {
    const runnable = runnableOf(host, service);
    if ('reason' in runnable || !runnable.service.active) continue;
    const record = state.current().processes[service];
    const portsMayMove = record === undefined || !isRunning(record);
    if (await assignPorts({ host, state, portsMayMove }, runnable))
      say(`${service}: has other ports than before, because another program took one; restart what uses it`);
  }

  const failures: unknown[] = [];
  const outcomes = new Map<string, Promise<boolean>>();
  const start = async ({ service, after }: Step): Promise<boolean> => {
    const before = await Promise.all(after.map(async (other) => outcomes.get(other)));
    signal.throwIfAborted();
    if (!toStart.has(service)) return true;
    const broken = after.find((_, index) => before[index] === false);
    if (broken !== undefined) {
      say(`${service}: not started, because it needs ${broken}`);
      return false;
    }
    await startService({ host, state, service, signal, say, portsMayMove: true });
    return true;
  };
  await mapConcurrently(steps, AT_ONCE, (step) => {
    const outcome = start(step).catch((thrown: unknown) => {
      failures.push(thrown);
      return false;
    });
    outcomes.set(step.service, outcome);
    return outcome;
  });

  if (signal.aborted) {
    for (const { service } of steps.toReversed()) if (toStart.has(service)) await stopService(host, state, service);
    throw signal.reason;
  }
  if (failures.length > 0) throw failures[0];
};
