import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecResult, Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { Administered } from '../../contracts/service-kind.ts';
import { run } from '../../support/exec.ts';
import { error } from '../errors.ts';
import { ANYBODY } from './accounts.ts';
import { giveOwnFiles, prepareContext, prepareDataDirectory } from './context.ts';
import { type Runnable, runnableOf } from './host.ts';
import { acquireLock } from './lock.ts';
import { logTail, rotateLog } from './logs.ts';
import { type ProcessRuntimeOptions, elsewhereOf, hostOf } from './options.ts';
import { startOrder } from './order.ts';
import { type ProcessIdentity, isRunning, signalProcess } from './processes.ts';
import { closedOnTheWay, relocateData } from './relocate.ts';
import { closedDirectory, ownDirectory } from './rights.ts';
import { assignPorts, startService, stopService } from './start.ts';
import { type StateFile, openState, readState } from './state.ts';
import { statusOf } from './status.ts';
import { startAll } from './up.ts';

export type { ProcessRuntimeOptions } from './options.ts';

/** Bytes of a log that are read at most to show its end. */
const MOST_LOG = 1024 * 1024;

const quiet = (): void => undefined;

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

  const status = async (): Promise<readonly ServiceStatus[]> => {
    for (const service of active()) await rotateLog(host.places.log(service), host.bounds.logBytes);
    return active().map((service) => statusOf(host, stateDirectory, service));
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
