import { mapConcurrently } from '../../support/concurrency.ts';
import { messageOf } from '../../support/errors.ts';
import { error as runtimeError } from '../errors.ts';
import { startOrder } from '../process/order.ts';
import type { Container } from './container.ts';
import { error } from './errors.ts';
import { succeed } from './engine.ts';
import { type Host, compose, lookAt } from './host.ts';
import { giveOwnFiles } from './ownership.ts';
import { readinessOf } from './readiness.ts';

/** Services that start at the same time; each is busy with a processor at first. */
const AT_ONCE = 3;

/** Milliseconds for which a container without a health check has to live. */
const SETTLE = 1000;

/** Lines of a container's output that an error shows. */
const TAIL = 15;

/** The last lines that a container wrote, to standard output and standard error. */
export const logsOf = async (host: Host, id: string, lines: number, signal: AbortSignal): Promise<string> => {
  const { stdout, stderr } = await host.engine.docker(['logs', '--tail', String(lines), id], {
    timeout: host.bounds.question,
    signal,
  });
  return `${stdout}${stderr}`;
};

/** Refuses to touch containers of another directory that has the same project name. Throws `compose/runs-elsewhere`. */
const refuseForeign = (host: Host, containers: ReadonlyMap<string, Container>): void => {
  const foreign = [...containers.values()].filter(
    ({ workingDirectory, status }) =>
      status === 'running' && workingDirectory !== '' && workingDirectory !== host.stack.directory,
  );
  const [first] = foreign;
  if (first !== undefined)
    throw error('compose/runs-elsewhere', {
      services: foreign.map(({ service }) => service),
      directory: first.workingDirectory,
    });
};

/** Waits until a container is ready. Throws `runtime/start-failed` with what it wrote last. */
export const awaitReady = async (host: Host, service: string, signal: AbortSignal): Promise<void> => {
  const deadline = host.clock.now() + host.bounds.start;
  let lived = false;
  for (let ceiling = 100; ; ceiling = Math.min(ceiling * 2, 2000)) {
    const containers = await lookAt(host, signal);
    const container = containers.get(service);
    const readiness =
      container === undefined
        ? ({ state: 'ended', why: 'its container is gone' } as const)
        : await readinessOf(host, containers, container, signal);
    if (readiness.state === 'ready') {
      // That a container runs is all that is known where nothing asks it; one that dies at once is given the time to.
      if (readiness.asked || lived) return;
      lived = true;
      await host.clock.sleep(SETTLE, signal);
      continue;
    }
    const pause = Math.max(50, host.random() * ceiling);
    if (readiness.state === 'waiting' && host.clock.now() + pause < deadline) {
      await host.clock.sleep(pause, signal);
      continue;
    }
    const written = container === undefined ? '' : await logsOf(host, container.id, TAIL, signal);
    throw runtimeError('runtime/start-failed', {
      service,
      why: readiness.state === 'ended' ? readiness.why : `not ready within ${host.bounds.start} ms: ${readiness.why}`,
      log: `docker logs ${container?.name ?? service}`,
      tail: written.split('\n').filter((line) => line.trim() !== ''),
    });
  }
};

/** The containers of the project, and the services of which none could be made, with the reason. */
export interface Created {
  readonly containers: ReadonlyMap<string, Container>;
  readonly failed: ReadonlyMap<string, unknown>;
}

/**
 * The services with all that they depend on. Compose takes a dependency that it is not told of for none at all, and a service
 * whose dependencies differ for another one: it would make the container of a running service anew.
 */
const withDependencies = ({ stack }: Host, services: readonly string[]): readonly string[] => {
  const found = new Set(services);
  // A set grows while it is walked, so dependencies of dependencies are found as well.
  for (const name of found)
    for (const needed of stack.services.get(name)?.dependsOn.keys() ?? [])
      if (stack.services.get(needed)?.active === true) found.add(needed);
  return [...found];
};

/** Starts what ran before and was made anew although nobody asked for it: a dependency that the project's files have changed. */
const startAgain = async (
  host: Host,
  before: ReadonlyMap<string, Container>,
  asked: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Container>> => {
  const now = await lookAt(host, signal);
  const stopped = [...now.values()].filter(
    ({ service, status }) =>
      !asked.includes(service) && status !== 'running' && before.get(service)?.status === 'running',
  );
  if (stopped.length === 0) return now;
  await succeed(
    `starting ${stopped.map(({ service }) => service).join(', ')} again`,
    host.engine.docker(['start', ...stopped.map(({ id }) => id)], { signal, timeout: host.bounds.start }),
  );
  return lookAt(host, signal);
};

/** Makes networks, volumes and containers of services as the project has them now; what differs is made anew, none is started. */
export const createContainers = async (
  host: Host,
  services: readonly string[],
  signal: AbortSignal,
): Promise<Created> => {
  const before = await lookAt(host, signal);
  refuseForeign(host, before);
  for (const name of services) {
    const service = host.stack.services.get(name);
    if (service !== undefined)
      await giveOwnFiles(host.engine, host.stack, service, { signal, privileged: host.privileged });
  }
  const make = (names: readonly string[], what: string): Promise<string> =>
    succeed(
      what,
      compose(host, ['up', '--no-start', '--no-deps', ...withDependencies(host, names)], {
        signal,
        timeout: host.bounds.create,
      }),
    );
  const failed = new Map<string, unknown>();
  /** The reason, and where its image is missing, that. */
  const fail = async (name: string, thrown: unknown): Promise<void> => {
    signal.throwIfAborted();
    const image = host.stack.services.get(name)?.image?.value.text;
    const isThere =
      image === undefined ||
      (await host.engine.docker(['image', 'inspect', image], { signal, timeout: host.bounds.question })).exitCode === 0;
    failed.set(
      name,
      isThere ? thrown : error('compose/image-missing', { service: name, image, why: messageOf(thrown) }),
    );
  };
  try {
    await make(services, 'docker compose up --no-start');
  } catch (thrown) {
    signal.throwIfAborted();
    const [only] = services;
    if (services.length === 1 && only !== undefined) await fail(only, thrown);
    // One image that cannot be had, or one missing file, fails all of them; one by one it shows which.
    else for (const name of services) await make([name], `making ${name}`).catch((why: unknown) => fail(name, why));
  }
  return { containers: await startAgain(host, before, services, signal), failed };
};

/**
 * Starts what does not run, each service when those before it are ready. Where one fails, those that need it are not
 * started, the others are, and the first failure is thrown. Where the signal is aborted, what this call started is stopped.
 */
export const startAll = async (
  host: Host,
  options: {
    readonly only: readonly string[] | undefined;
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
  },
): Promise<void> => {
  const { signal, say } = options;
  const steps = startOrder(host.stack, options.only);
  const { containers, failed } = await createContainers(
    host,
    steps.map(({ service }) => service),
    signal,
  );
  const failures: unknown[] = [];
  const started: Container[] = [];
  const outcomes = new Map<string, Promise<boolean>>();
  const start = async (service: string, after: readonly string[]): Promise<boolean> => {
    const before = await Promise.all(after.map(async (other) => outcomes.get(other)));
    signal.throwIfAborted();
    const broken = after.find((_, index) => before[index] === false);
    if (broken !== undefined) {
      say(`${service}: not started, because it needs ${broken}`);
      return false;
    }
    if (failed.has(service)) throw failed.get(service);
    const container = containers.get(service);
    if (container !== undefined && container.status !== 'running') {
      say(`${service}: starting`);
      started.push(container);
      await succeed(
        `starting ${service}`,
        host.engine.docker(['start', container.id], { signal, timeout: host.bounds.start }),
      );
    }
    await awaitReady(host, service, signal);
    return true;
  };
  await mapConcurrently(steps, AT_ONCE, ({ service, after }) => {
    const outcome = start(service, after).catch((thrown: unknown) => {
      failures.push(thrown);
      return false;
    });
    outcomes.set(service, outcome);
    return outcome;
  });
  if (signal.aborted) {
    // The signal is aborted already; stopping has its own bound.
    if (started.length > 0)
      await host.engine.docker(['stop', ...started.map(({ id }) => id)], { timeout: host.bounds.stop * 2 });
    throw signal.reason;
  }
  if (failures.length > 0) throw failures[0];
};
