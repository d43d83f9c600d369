import { existsSync } from 'node:fs';
import type { ProcessPlan } from '../../contracts/service-kind.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { PalisadeError, messageOf } from '../../support/errors.ts';
import { retry } from '../../support/retry.ts';
import { error } from '../errors.ts';
import { listenersOf } from '../listeners.ts';
import { configurationDigest } from './configuration.ts';
import { type Prepared, giveOwnFiles, prepareContext } from './context.ts';
import { type Host, type Runnable, runnableOf } from './host.ts';
import { type Launched, launch } from './launch.ts';
import { logSize, logTail, redactLine, rotateLog } from './logs.ts';
import { chooseFreePort, isPortFree } from './ports.ts';
import type { ProcessIdentity } from './processes.ts';
import { type StateFile, without } from './state.ts';
import { type StopTarget, stopProcesses } from './stop.ts';

/** Ports that a service tries before it gives up, each time after another program took one of them. */
const MOST_TRIES = 4;
/** Milliseconds for one answer to "are you ready?", and for a kind to render its configuration. */
const ONE_ANSWER = 5000;
const ONE_PLAN = 30_000;
const TAIL_LINES = 15;

/** One start of a service. */
export interface Start {
  readonly host: Host;
  readonly state: StateFile;
  readonly service: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** False where other services already know its ports. */
  readonly portsMayMove: boolean;
}

/** How to end what is recorded of a service, and what is not. */
export const stopTargetOf = (host: Host, state: StateFile, service: string): StopTarget => {
  const record = state.current().processes[service];
  const account = host.accounts.get(service);
  return {
    service,
    ...(record === undefined ? {} : { main: record }),
    signal: record?.stopSignal ?? 'SIGTERM',
    log: host.places.log(service),
    ...(host.privileged && account?.exclusive === true ? { exclusiveUid: account.uid } : {}),
    within: host.bounds.stop,
  };
};

/** Ends a service and strikes it from the record. */
export const stopService = async (
  host: Host,
  state: StateFile,
  service: string,
  hurry?: AbortSignal,
): Promise<void> => {
  await stopProcesses(stopTargetOf(host, state, service), host.clock, hurry);
  if (state.current().processes[service] !== undefined)
    await state.update((now) => ({ ...now, processes: without(now.processes, service) }));
};

/**
 * Gives every port of the service a loopback port: the remembered one, unless ports may move and somebody else has it,
 * else a new one. Resolves to whether one has moved. Ports of another posture stay remembered.
 */
export const assignPorts = async (
  { host, state, portsMayMove }: Pick<Start, 'host' | 'state' | 'portsMayMove'>,
  { service, process }: Runnable,
): Promise<boolean> => {
  const before = state.current().ports[service.name] ?? {};
  const wanted = process.ports(service, host.stack).map(String);
  const assigned: Record<string, number> = {};
  for (const port of wanted) {
    const remembered = before[port];
    if (remembered !== undefined && (!portsMayMove || (await isPortFree(remembered)))) {
      assigned[port] = remembered;
      continue;
    }
    const others = Object.values(state.current().ports).flatMap((ports) => Object.values(ports));
    const taken = new Set([...others, ...Object.values(assigned), ...wanted.map(Number)]);
    assigned[port] = await chooseFreePort({ service: service.name, port: Number(port) }, taken, host.random);
  }
  await state.update((now) => ({ ...now, ports: { ...now.ports, [service.name]: { ...before, ...assigned } } }));
  return wanted.some((port) => before[port] !== undefined && before[port] !== assigned[port]);
};

/**
 * Starts one service and resolves when it is ready, or when it turned out that it cannot be run here. A start that fails
 * or is aborted leaves none of its processes. Throws `runtime/start-failed`, `runtime/port-taken`, or the signal's reason.
 */
export const startService = async (start: Start): Promise<'ready' | 'left-out'> => {
  const { host, state, service, signal, say } = start;
  const runnable = runnableOf(host, service);
  if ('reason' in runnable) {
    say(`${service}: left out, ${runnable.reason}`);
    return 'left-out';
  }
  await state.update((now) => ({
    ...now,
    failures: without(now.failures, service),
    leftOut: without(now.leftOut, service),
  }));
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const log = host.places.log(service);
    await rotateLog(log, host.bounds.logBytes);
    const from = await logSize(log);
    const begun = host.clock.now();
    let prepared: Prepared | undefined;
    try {
      prepared = await prepareContext(host, runnable, { ports: state.current().ports, preparation: 'start', say });
      const plan = await planOf(runnable, prepared, signal);
      if (plan === undefined) {
        const reason = prepared.missing().join(', and ');
        say(`${service}: left out, ${reason}`);
        await state.update((now) => ({ ...now, leftOut: { ...now.leftOut, [service]: reason } }));
        return 'left-out';
      }
      await prepared.sweep();
      await giveOwnFiles(host, runnable, prepared.mounts);
      await runPreparations(start, runnable, plan, prepared);
      await runToReadiness(start, runnable, plan, prepared);
      say(`${service}: ready after ${((host.clock.now() - begun) / 1000).toFixed(1)} s`);
      return 'ready';
    } catch (thrown) {
      await stopService(host, state, service);
      signal.throwIfAborted();
      const lost = await lostPorts(start, runnable);
      if (lost.length > 0 && start.portsMayMove && attempt < MOST_TRIES) {
        say(`${service}: another program took port ${lost.join(', ')}; trying again with another one`);
        await assignPorts(start, runnable);
        continue;
      }
      const why = messageOf(thrown);
      await state.update((now) => ({ ...now, failures: { ...now.failures, [service]: why } }));
      if (lost.length > 0) throw error('runtime/port-taken', { service, ports: lost }, thrown);
      if (thrown instanceof PalisadeError) throw thrown;
      const environment = prepared?.context.environment ?? {};
      const tail = (await logTail(log, from, TAIL_LINES)).map((line) => redactLine(line, environment));
      throw error('runtime/start-failed', { service, why, log, tail }, thrown);
    }
  }
};

/** The kind's plan; undefined where it could make none for want of programs. */
const planOf = async (
  { process }: Runnable,
  { context, missing }: Prepared,
  signal: AbortSignal,
): Promise<ProcessPlan | undefined> => {
  try {
    return await withTimeout(ONE_PLAN, signal, () => process.plan(context));
  } catch (thrown) {
    signal.throwIfAborted();
    if (missing().length > 0) return undefined;
    throw thrown;
  }
};

const runPreparations = async (
  { host, service, signal }: Start,
  { account }: Runnable,
  plan: ProcessPlan,
  { context }: Prepared,
): Promise<void> => {
  for (const command of plan.prepare) {
    if (command.unless !== undefined && existsSync(command.unless)) continue;
    const { ended } = await launch(command, {
      account,
      privileged: host.privileged,
      workingDirectory: context.layout.stateDirectory,
      log: host.places.log(service),
      ...(command.input === undefined ? {} : { input: command.input }),
    });
    const { code, why } = await withTimeout(host.bounds.prepare, signal, () => ended);
    if (code !== 0) throw new Error(`${command.program}: ${why}`);
  }
};

const runToReadiness = async (
  start: Start,
  { account, process, service: model }: Runnable,
  plan: ProcessPlan,
  { context }: Prepared,
): Promise<void> => {
  const { host, state, service, signal, say } = start;
  const { identity, ended, release } = await launch(plan.run, {
    account,
    privileged: host.privileged,
    workingDirectory: context.layout.stateDirectory,
    log: host.places.log(service),
  });
  if (identity === undefined) throw new Error((await ended).why);
  const record = {
    ...identity,
    program: plan.run.program,
    startedAt: new Date(host.clock.now()).toISOString(),
    stopSignal: plan.stopSignal ?? 'SIGTERM',
    ...(plan.reloadSignal === undefined ? {} : { reloadSignal: plan.reloadSignal }),
    configuration: configurationDigest(host.stack, model),
    ports: [...process.ports(model, host.stack)],
  };
  await state.update((now) => ({
    ...now,
    processes: { ...now.processes, [service]: { ...record, phase: 'starting' as const } },
  }));
  say(`${service}: started as process ${identity.pid}`);
  await waitUntilReady(host, plan, ended, signal);
  release();
  const stranger = strangersOn(identity, Object.values(state.current().ports[service] ?? {}));
  if (stranger.length > 0) throw new Error(`another program answers on port ${stranger.join(', ')}`);
  await state.update((now) => ({
    ...now,
    processes: { ...now.processes, [service]: { ...record, phase: 'ready' as const } },
  }));
};

/** Asks until the service is ready; ends at once where its process does. */
const waitUntilReady = async (
  { bounds, clock, random }: Host,
  plan: ProcessPlan,
  ended: Launched['ended'],
  signal: AbortSignal,
): Promise<void> => {
  const gone = new AbortController();
  void ended.then(({ why }) => gone.abort(new Error(why)));
  await retry((limit) => withTimeout(ONE_ANSWER, limit, plan.ready), {
    within: bounds.start,
    longest: 500,
    signal: AbortSignal.any([signal, gone.signal]),
    clock,
    random,
  });
  gone.signal.throwIfAborted();
};

/** Ports of the service on which somebody else listens; none where the sockets may not be looked at. */
const strangersOn = (identity: ProcessIdentity, ports: readonly number[]): readonly number[] => {
  try {
    const { own, others } = listenersOf(identity.pid);
    const ours = new Set(own.map(({ port }) => port));
    return ports.filter((port) => !ours.has(port) && others.some((socket) => socket.port === port));
  } catch {
    return [];
  }
};

const lostPorts = async ({ host, state, service }: Start, { process, service: model }: Runnable): Promise<number[]> => {
  const lost: number[] = [];
  for (const port of process.ports(model, host.stack)) {
    const assigned = state.current().ports[service]?.[String(port)];
    if (assigned !== undefined && !(await isPortFree(assigned))) lost.push(assigned);
  }
  return lost;
};
