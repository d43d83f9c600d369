import { existsSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecResult, Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { Administered, ServiceKind } from '../../contracts/service-kind.ts';
import type { Stack } from '../../contracts/stack.ts';
import { type Clock, systemClock } from '../../support/clock.ts';
import { run } from '../../support/exec.ts';
import { sha256 } from '../../support/files.ts';
import { error } from '../errors.ts';
import { ANYBODY, accountsOf } from './accounts.ts';
import { isOutdated } from './configuration.ts';
import { giveOwnFiles, prepareContext, prepareDataDirectory } from './context.ts';
import { type Bounds, type Host, type Runnable, runnableOf } from './host.ts';
import { acquireLock } from './lock.ts';
import { LOG_LIMIT, logTail, rotateLog } from './logs.ts';
import { placesIn } from './mounts.ts';
import { startOrder } from './order.ts';
import { type ProcessIdentity, isRunning, signalProcess } from './processes.ts';
import { closedOnTheWay, relocateData } from './relocate.ts';
import { closedDirectory, ownDirectory } from './rights.ts';
import { assignPorts, startService, stopService } from './start.ts';
import { type StateFile, openState, readState } from './state.ts';
import { startAll } from './up.ts';

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

/** Bytes of a log that are read at most to show its end. */
const MOST_LOG = 1024 * 1024;

const readIfPresent = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const quiet = (): void => undefined;

/** What `status` adds about a service that would be started otherwise by now. */
const outdated = {
  outdated: true,
  detail: 'its configuration has changed since it was started; palisade up restarts it with the new one',
} as const;

/** Where the data goes that the services' accounts could not reach beside the record of them. */
const elsewhereOf = ({ stack, stateDirectory, sharedDirectory = '/var/lib/palisade' }: ProcessRuntimeOptions): string =>
  join(sharedDirectory, `${stack.name.replaceAll(/[^\w-]/g, '-')}-${sha256(stateDirectory).slice(0, 12)}`);

const hostOf = (options: ProcessRuntimeOptions): Host => {
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

/**
 * Runs the services of a stack as processes of this host, on loopback ports, without a container engine. Services keep
 * running when this process ends; any later runtime with the same state directory finds them, and ends what a killed
 * one has left. One process at a time may change them, another is refused with `runtime/busy`.
 *
 * Every service runs with its kind's environment and nothing of the caller's, and, where root runs Palisade, as an
 * unprivileged account of its own. What the stack's network isolation would keep apart is not kept apart here.
 */
export const createProcessRuntime = (options: ProcessRuntimeOptions): Runtime => {
  const { stack, stateDirectory } = options;
  let host = hostOf(options);

  let last: Promise<unknown> = Promise.resolve();
  /**
   * One change after the other in this process, and none beside those of other processes. Services can be stopped, and can be
   * moved, where the way to their data is closed; for anything else they have to reach it.
   */
  const change = <T>(call: (state: StateFile) => Promise<T>, way: 'open' | 'any' = 'open'): Promise<T> => {
    const mine = last.then(async () => {
      if (!existsSync('/proc/self/stat')) throw error('runtime/no-proc', { path: '/proc' });
      await ownDirectory(stateDirectory, host.operator, host.privileged ? 0o711 : 0o700);
      const release = await acquireLock(join(stateDirectory, 'process.lock'), host.clock, host.random);
      try {
        // Another process may have moved the data since.
        if ((readState(stateDirectory)?.dataDirectory ?? host.dataDirectory) !== host.dataDirectory)
          host = hostOf(options);
        if (way === 'open') await prepareDataDirectory(host, 'palisade up moves its data to where it can reach it');
        return await call(openState(stateDirectory, host.dataDirectory));
      } finally {
        await release();
      }
    });
    last = mine.catch(() => undefined);
    return mine;
  };

  const active = (): readonly string[] =>
    [...stack.services.values()].filter((service) => service.active).map(({ name }) => name);

  const requireKnown = (service: string): void => {
    if (!active().includes(service)) throw error('runtime/unknown-service', { service, known: active() });
  };

  const runnable = (service: string): Runnable => {
    requireKnown(service);
    const found = runnableOf(host, service);
    if ('reason' in found) throw error('runtime/left-out', { service, reason: found.reason });
    return found;
  };

  const running = (service: string): ProcessIdentity => {
    const record = readState(stateDirectory)?.processes[service];
    if (record === undefined || !isRunning(record)) throw error('runtime/not-running', { service });
    return record;
  };

  const statusOf = (service: string): ServiceStatus => {
    const state = readState(stateDirectory);
    const found = runnableOf(host, service);
    const reason = 'reason' in found ? found.reason : state?.leftOut[service];
    if (reason !== undefined) return { service, state: 'left-out', detail: reason, endpoints: [] };
    const record = state?.processes[service];
    const failure = state?.failures[service];
    if (record === undefined)
      return failure === undefined
        ? { service, state: 'stopped', endpoints: [] }
        : { service, state: 'failed', detail: failure, endpoints: [] };
    if (!isRunning(record))
      return {
        service,
        state: 'failed',
        detail: `process ${record.pid} has ended by itself; see ${host.places.log(service)}`,
        endpoints: [],
      };
    if (record.phase === 'starting')
      return { service, state: 'stopped', detail: 'it is not ready yet', processId: record.pid, endpoints: [] };
    const declared = record.ports ?? ('reason' in found ? [] : found.process.ports(found.service, stack));
    const ports = state?.ports[service] ?? {};
    return {
      service,
      state: 'running',
      processId: record.pid,
      ...(isOutdated(host, service, record) ? outdated : {}),
      endpoints: declared.flatMap((containerPort) => {
        const port = ports[String(containerPort)];
        return port === undefined ? [] : [{ host: '127.0.0.1', port, containerPort }];
      }),
    };
  };

  const status = async (): Promise<readonly ServiceStatus[]> => {
    for (const service of active()) await rotateLog(host.places.log(service), host.bounds.logBytes);
    return active().map(statusOf);
  };

  let toldOfData = false;

  /** Runs a client of the administrator's beside a running service. */
  const runClient = async (
    service: string,
    command: readonly string[],
    input: string | undefined,
    signal: AbortSignal,
  ): Promise<ExecResult> => {
    const found = runnable(service);
    running(service);
    const { client, exec } = found.process;
    const { context } = await prepareContext(host, found, {
      ports: readState(stateDirectory)?.ports ?? {},
      preparation: 'look',
      say: quiet,
    });
    if (exec !== undefined)
      return exec(context, command, input ?? '', AbortSignal.any([signal, AbortSignal.timeout(host.bounds.exec)]));
    if (client === undefined) throw error('runtime/no-client', { service, kind: found.kind.id });
    const { program, args, environment, workingDirectory } = client(context, command);
    const { timedOut, exitCode, stdout, stderr, truncated } = await run(program, args, {
      environment,
      workingDirectory: workingDirectory ?? context.layout.stateDirectory,
      timeout: host.bounds.exec,
      signal,
      ...(input === undefined ? {} : { input }),
      ...(host.privileged ? { uid: found.account.uid, gid: found.account.gid } : {}),
    });
    if (timedOut) throw error('runtime/exec-timeout', { service, milliseconds: host.bounds.exec });
    return { exitCode, stdout, stderr, truncated };
  };

  return {
    kind: 'process',
    stack,
    status,

    up: async ({ only, signal, progress }) => {
      only?.forEach(requireKnown);
      // Whoever brings a stack up in parts is told once.
      if (host.apart && !toldOfData)
        progress(`the data of the services is in ${host.dataDirectory}, where their accounts can reach it`);
      toldOfData = true;
      await change(async (state) => {
        const closed = closedOnTheWay(host);
        const to = elsewhereOf(options);
        if (closed !== undefined && host.dataDirectory !== to && closedDirectory(to, ANYBODY) === undefined) {
          progress(`${closed} is closed to the accounts of the services: their data moves to ${to}`);
          await relocateData(host, state, { to, signal, say: progress });
          host = hostOf(options);
        }
        await prepareDataDirectory(host, 'there is no other directory for its data');
        await startAll(host, state, { steps: startOrder(stack, only), signal, say: progress });
      }, 'any');
      return status();
    },

    down: ({ signal, progress }) =>
      change(async (state) => {
        const known = startOrder(stack).map(({ service }) => service);
        const strangers = Object.keys(state.current().processes).filter((service) => !known.includes(service));
        const failures: unknown[] = [];
        for (const service of [...strangers, ...known.toReversed()]) {
          const record = state.current().processes[service];
          if (record !== undefined && isRunning(record)) progress(`${service}: stopping`);
          try {
            await stopService(host, state, service, signal);
          } catch (thrown) {
            failures.push(thrown);
          }
        }
        await state.update((now) => ({ ...now, failures: {}, leftOut: {} }));
        if (failures.length > 0) throw failures[0];
      }, 'any'),

    endpoint: (service, containerPort) => {
      const state = readState(stateDirectory);
      const record = state?.processes[service];
      const port = state?.ports[service]?.[String(containerPort)];
      // A port of another posture is remembered, and nobody listens on it.
      if (record === undefined || port === undefined || record.ports?.includes(containerPort) === false)
        return undefined;
      return isRunning(record) ? { host: '127.0.0.1', port } : undefined;
    },

    exec: (service, command, { input, signal }) => runClient(service, command, input, signal),

    logs: async (service, { lines }) => {
      requireKnown(service);
      const file = host.places.log(service);
      if (!existsSync(file)) throw error('runtime/not-running', { service });
      return (await logTail(file, 0, lines, MOST_LOG)).join('\n');
    },

    reload: (service) =>
      change(async (state) => {
        const found = runnable(service);
        const record = running(service);
        const { reload } = found.process;
        const reloadSignal = state.current().processes[service]?.reloadSignal;
        if (reloadSignal === undefined && reload === undefined)
          throw error('runtime/no-reload', { service, kind: found.kind.id });
        // New certificates and keys belong to whoever wrote them, and configuration is rendered from the stack's files.
        const { context, mounts } = await prepareContext(host, found, {
          ports: state.current().ports,
          preparation: 'reload',
          say: quiet,
        });
        await found.process.plan(context);
        await giveOwnFiles(host, found, mounts);
        if (reloadSignal === undefined) {
          const exec: Administered['exec'] = (command, input, signal) => runClient(service, command, input, signal);
          await reload?.({ stack, service: found.service, exec }, AbortSignal.timeout(host.bounds.exec));
          return;
        }
        if (!signalProcess(record, reloadSignal)) throw error('runtime/not-running', { service });
      }),

    restart: async (service, signal) => {
      // Before anything is made for it.
      requireKnown(service);
      await change(async (state) => {
        const found = runnable(service);
        signal.throwIfAborted();
        await stopService(host, state, service);
        // The new posture may listen on ports that the old one did not have.
        await assignPorts({ host, state, portsMayMove: false }, found);
        const result = await startService({ host, state, service, signal, say: quiet, portsMayMove: false });
        const reason = state.current().leftOut[service] ?? '';
        if (result === 'left-out') throw error('runtime/left-out', { service, reason });
      });
    },

    setAside: (service) =>
      change(async (state) => {
        const found = runnable(service);
        await stopService(host, state, service);
        const stamp = new Date(host.clock.now()).toISOString().replaceAll(/[:.]/g, '-');
        const volumes = found.service.mounts.flatMap(({ type, source }) =>
          type === 'volume' && source !== undefined ? [host.places.volume(source)] : [],
        );
        const moved: string[] = [];
        for (const directory of [...new Set(volumes), host.places.root(service)]) {
          if (!existsSync(directory)) continue;
          await rename(directory, `${directory}.set-aside-${stamp}`);
          moved.push(`${directory}.set-aside-${stamp}`);
        }
        return moved.join(', ');
      }),
  };
};
