import { join } from 'node:path';
import type { Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import type { Stack } from '../../contracts/stack.ts';
import { type Clock, systemClock } from '../../support/clock.ts';
import { mapConcurrently } from '../../support/concurrency.ts';
import { error } from '../errors.ts';
import { acquireLock } from '../process/lock.ts';
import { callersOf } from './callers.ts';
import { type Container, idsIn, listArguments, readContainers } from './container.ts';
import { endpointOf } from './endpoint.ts';
import { openEngine, succeed } from './engine.ts';
import { type Bounds, type Host, compose, lookAt, runClient, targetOf } from './host.ts';
import { giveOwnFiles, readOwnFile, reclaimOwnFiles } from './ownership.ts';
import { containerProbes } from './probes.ts';
import { type ComposeSelection, projectArguments, readSelection, writeSelection } from './project.ts';
import { statusOf } from './readiness.ts';
import { awaitReady, createContainers, logsOf, startAll } from './start.ts';
import { setVolumesAside } from './volumes.ts';

/** What a compose runtime is made from. */
export interface ComposeRuntimeOptions {
  readonly stack: Stack;
  readonly kinds: readonly ServiceKind[];
  /** Where it remembers which files and profiles the project was started with. */
  readonly stateDirectory: string;
  /** Where programs are looked for, in order. */
  readonly programDirectories: readonly string[];
  /** Says where the engine is, and what Compose interpolates. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Files and profiles of this call; those of the last start where absent. */
  readonly selection?: ComposeSelection | undefined;
  /** An image that is present, with a shell and bash, python3 or nc, for trying connections; one of the project's where absent. */
  readonly probeImage?: string | undefined;
  readonly privileged?: boolean;
  readonly bounds?: Partial<Bounds>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

const DEFAULT_BOUNDS: Bounds = { start: 120_000, create: 1_800_000, stop: 20_000, exec: 60_000, question: 20_000 };

/** A runtime on a container engine, with what only this one can tell. */
export interface ComposeRuntime extends Runtime {
  readonly kind: 'compose';
  /** The host and a fresh look at its containers, for what asks the engine more. */
  readonly look: (signal: AbortSignal) => Promise<ReadonlyMap<string, Container>>;
  readonly host: Host;
}

/**
 * Runs a stack on a container engine, through Compose for what the project's files say, and through the engine for the
 * rest. The order of starts, readiness and bounds are those of the process runtime. Containers keep running when this
 * process ends; any later runtime of the same project finds them by their labels.
 *
 * Networks and volumes outlive `down`: AppRoles are bound to the networks' subnets, and data is the user's.
 */
export const createComposeRuntime = (options: ComposeRuntimeOptions): ComposeRuntime => {
  const { stack, stateDirectory } = options;
  const selection = options.selection ?? readSelection(stateDirectory) ?? {};
  const host: Host = {
    stack,
    kinds: new Map(options.kinds.map((kind) => [kind.id, kind])),
    engine: openEngine(options),
    project: projectArguments(stack, selection),
    privileged: options.privileged ?? process.getuid?.() === 0,
    bounds: { ...DEFAULT_BOUNDS, ...options.bounds },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };

  let seen: ReadonlyMap<string, Container> | undefined;
  const look = async (signal?: AbortSignal): Promise<ReadonlyMap<string, Container>> =>
    (seen = await lookAt(host, signal));

  let last: Promise<unknown> = Promise.resolve();
  /** One change after the other in this process, and none beside those of other processes. */
  const change = <T>(call: () => Promise<T>): Promise<T> => {
    const mine = last.then(async () => {
      await writeSelection(stateDirectory, selection);
      const release = await acquireLock(join(stateDirectory, 'compose.lock'), host.clock, host.random);
      try {
        return await call();
      } finally {
        await release();
        seen = undefined;
      }
    });
    last = mine.catch(() => undefined);
    return mine;
  };

  const active = (): readonly string[] =>
    [...stack.services.values()].filter((service) => service.active).map(({ name }) => name);

  /** The running container of a service. Throws `runtime/unknown-service`, `runtime/not-running`. */
  const running = async (service: string, signal?: AbortSignal): Promise<Container> => {
    if (!active().includes(service)) throw error('runtime/unknown-service', { service, known: active() });
    const container = (await look(signal)).get(service);
    if (container?.status !== 'running' || container.workingDirectory !== stack.directory)
      throw error('runtime/not-running', { service });
    return container;
  };

  const status = async (): Promise<readonly ServiceStatus[]> => {
    const containers = await look();
    const signal = AbortSignal.timeout(host.bounds.start);
    return mapConcurrently(active(), 4, (service) => statusOf(host, containers, service, signal));
  };

  /** A look that cannot wait: `endpoint` answers at once. */
  const lookNow = (): ReadonlyMap<string, Container> => {
    const ids = idsIn(host.engine.dockerNow(listArguments(stack.name)) ?? '');
    const found = ids.length === 0 ? undefined : host.engine.dockerNow(['inspect', '--type', 'container', ...ids]);
    return found === undefined ? new Map() : readContainers(found, stack.name);
  };

  return {
    kind: 'compose',
    stack,
    host,
    look,
    status,

    up: async ({ only, signal, progress }) => {
      const unknown = only?.find((service) => !active().includes(service));
      if (unknown !== undefined) throw error('runtime/unknown-service', { service: unknown, known: active() });
      await change(() => startAll(host, { only, signal, say: progress }));
      return status();
    },

    down: ({ signal, progress }) =>
      change(async () => {
        const containers = await lookAt(host, signal);
        const own = [...containers.values()].filter(({ workingDirectory }) => workingDirectory === stack.directory);
        for (const { service, status: state } of own) if (state === 'running') progress(`${service}: stopping`);
        if (own.length === 0) return;
        const seconds = String(Math.ceil(host.bounds.stop / 1000));
        await succeed(
          'docker compose stop',
          compose(host, ['stop', '--timeout', seconds], { signal, timeout: host.bounds.stop * (own.length + 1) }),
        );
        await succeed(
          'docker rm',
          host.engine.docker(['rm', '--force', '--volumes', ...own.map(({ id }) => id)], {
            signal,
            timeout: host.bounds.create,
          }),
        );
      }),

    endpoint: (service, containerPort) => {
      seen ??= lookNow();
      const container = seen.get(service);
      return container === undefined || container.workingDirectory !== stack.directory
        ? undefined
        : endpointOf(container, containerPort);
    },

    exec: async (service, command, { input, signal }) =>
      runClient(host, await running(service, signal), command, { signal, ...(input === undefined ? {} : { input }) }),

    logs: async (service, { lines, signal }) => {
      const container = (await look(signal)).get(service);
      if (container === undefined) throw error('runtime/not-running', { service });
      return logsOf(host, container.id, lines, signal);
    },

    reload: (service) =>
      change(async () => {
        const container = await running(service);
        const definition = stack.services.get(service);
        const kind = definition === undefined ? undefined : host.kinds.get(definition.kind);
        const signal = AbortSignal.timeout(host.bounds.exec);
        const { reload, reloadSignal } = kind?.container ?? {};
        if (definition === undefined || (reload === undefined && reloadSignal === undefined))
          throw error('runtime/no-reload', { service, kind: kind?.id ?? 'unknown' });
        // New certificates and keys belong to whoever wrote them.
        await giveOwnFiles(host.engine, stack, definition, { signal, privileged: host.privileged });
        if (reloadSignal === undefined) {
          await reload?.(targetOf(host, await look(signal), definition, container), signal);
          return;
        }
        await succeed(
          `reloading ${service}`,
          // From inside, by the shell's own kill, for an image need not have the program: after a `docker kill`, whatever its
          // signal, the engine takes the container for stopped by hand and does not start it again when it crashes.
          host.engine.docker(['exec', container.id, 'sh', '-c', `kill -s ${reloadSignal.replace(/^SIG/, '')} 1`], {
            signal,
            timeout: host.bounds.question,
          }),
        );
      }),

    restart: (service, signal) =>
      change(async () => {
        if (!active().includes(service)) throw error('runtime/unknown-service', { service, known: active() });
        const before = (await lookAt(host, signal)).get(service);
        // Made anew where the project's files have changed; a restart also finds files that were replaced in the host.
        const { containers, failed } = await createContainers(host, [service], signal);
        if (failed.has(service)) throw failed.get(service);
        const container = containers.get(service);
        if (container === undefined) throw error('runtime/not-running', { service });
        const same = before?.id === container.id && container.status === 'running';
        const seconds = String(Math.ceil(host.bounds.stop / 1000));
        await succeed(
          `restarting ${service}`,
          host.engine.docker(same ? ['restart', '--time', seconds, container.id] : ['start', container.id], {
            signal,
            timeout: host.bounds.stop + host.bounds.start,
          }),
        );
        await awaitReady(host, service, signal);
      }),

    ...(host.privileged
      ? {}
      : {
          readOwnFile: (path: string, signal: AbortSignal) => readOwnFile(host.engine, stack, path, signal),
          reclaim: async (signal: AbortSignal) => {
            for (const service of stack.services.values()) await reclaimOwnFiles(host.engine, stack, service, signal);
            return async () => {
              const soon = AbortSignal.timeout(host.bounds.start);
              for (const service of stack.services.values())
                await giveOwnFiles(host.engine, stack, service, { signal: soon, privileged: false });
            };
          },
        }),

    callersOf: (service, signal) => callersOf(host, service, signal),

    probes: () => containerProbes(host, options.probeImage),

    setAside: (service) => change(() => setVolumesAside(host, service, AbortSignal.timeout(host.bounds.create))),
  };
};
