import type { ExecResult } from '../../contracts/runtime.ts';
import type { ContainerTarget, ServiceKind } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { Clock } from '../../support/clock.ts';
import { error as runtimeError } from '../errors.ts';
import { type Container, containersOf } from './container.ts';
import { endpointOf } from './endpoint.ts';
import type { Engine } from './engine.ts';

/** Bounds in milliseconds. */
export interface Bounds {
  /** From the start of a container to its readiness. */
  readonly start: number;
  /** Of making networks, volumes, images and containers. */
  readonly create: number;
  /** From the stop signal to SIGKILL. */
  readonly stop: number;
  /** Of one client program. */
  readonly exec: number;
  /** Of a question to the engine. */
  readonly question: number;
}

/** The engine and the stack, as everything that starts and stops containers sees them. */
export interface Host {
  readonly stack: Stack;
  readonly kinds: ReadonlyMap<string, ServiceKind>;
  readonly engine: Engine;
  /** The options of Compose that name the project. */
  readonly project: readonly string[];
  /** True where Palisade runs as root. */
  readonly privileged: boolean;
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The containers of the project, by service, as they are now. */
export const lookAt = (host: Host, signal?: AbortSignal): Promise<ReadonlyMap<string, Container>> =>
  containersOf(host.engine, host.stack.name, {
    timeout: host.bounds.question,
    ...(signal === undefined ? {} : { signal }),
  });

/** Runs Compose on the project. */
export const compose = (
  host: Host,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly timeout: number },
): ReturnType<Engine['compose']> =>
  host.engine.compose([...host.project, ...args], { ...options, workingDirectory: host.stack.directory });

/** Runs a program in a container, as the user of the container, with the variables added to the container's own. */
export const runInside = async (
  host: Host,
  container: Container,
  command: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly input?: string;
    readonly timeout?: number;
    readonly environment?: { readonly [name: string]: string };
  },
): Promise<ExecResult> => {
  const timeout = options.timeout ?? host.bounds.exec;
  const variables = Object.entries(options.environment ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const outcome = await host.engine.docker(['exec', '--interactive', ...variables, container.id, ...command], {
    timeout,
    signal: options.signal,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (outcome.timedOut)
    throw runtimeError('runtime/exec-timeout', { service: container.service, milliseconds: timeout });
  const { exitCode, stdout, stderr, truncated } = outcome;
  return { exitCode, stdout, stderr, truncated };
};

/** Runs a client program in a container with the local administrator's identity, as the kind of the service knows it. */
export const runClient = (
  host: Host,
  container: Container,
  command: readonly string[],
  options: { readonly signal: AbortSignal; readonly input?: string },
): Promise<ExecResult> => {
  const service = host.stack.services.get(container.service);
  const client = service === undefined ? undefined : host.kinds.get(service.kind)?.container?.client;
  if (service === undefined || client === undefined) return runInside(host, container, command, options);
  const { command: whole, environment = {} } = client(command, service, host.stack);
  return runInside(host, container, whole, { ...options, environment });
};

/** What the kind of a service may use of its container. */
export const targetOf = (
  host: Host,
  containers: ReadonlyMap<string, Container>,
  service: Service,
  container: Container,
): ContainerTarget => {
  const networks = new Set(container.attachments.map(({ engineName }) => engineName));
  return {
    stack: host.stack,
    service,
    endpoint: (name, containerPort) => {
      const other = containers.get(name);
      return other === undefined ? undefined : endpointOf(other, containerPort);
    },
    sharedAddresses: (name) =>
      (containers.get(name)?.attachments ?? []).flatMap(({ engineName, address }) =>
        networks.has(engineName) && address !== undefined ? [address] : [],
      ),
    exec: (command, input, signal) => runClient(host, container, command, { input, signal }),
  };
};
