import type { ServiceStatus } from '../../contracts/runtime.ts';
import { messageOf } from '../../support/errors.ts';
import type { Container } from './container.ts';
import { endpointOf, knownPorts } from './endpoint.ts';
import { type Host, runInside, targetOf } from './host.ts';

/** How far a container has come. */
export type Readiness =
  /** `asked` is false where nobody can ask it: it runs, and that is all that is known. */
  | { readonly state: 'ready'; readonly asked: boolean }
  | { readonly state: 'waiting'; readonly why: string }
  | { readonly state: 'ended'; readonly why: string };

/** Milliseconds for one try of a health check or of a kind's own question. */
const TRY = 10_000;

/** Restarts by the engine after which a container is taken for one that cannot start. */
const RESTARTS = 3;

const ended = ({ status, exitCode, restarts }: Container): string | undefined => {
  if (status === 'exited' || status === 'dead') return `it ended with exit code ${exitCode}`;
  return restarts >= RESTARTS ? `it ends again and again, last with exit code ${exitCode}` : undefined;
};

/**
 * Asks whether a container is ready: by its kind where that knows better, else by its health check, else by whether it runs.
 * The engine waits for a whole interval before its first check, so the same command is run here before that.
 */
export const readinessOf = async (
  host: Host,
  containers: ReadonlyMap<string, Container>,
  container: Container,
  signal: AbortSignal,
): Promise<Readiness> => {
  const why = ended(container);
  if (why !== undefined) return { state: 'ended', why };
  if (container.status !== 'running') return { state: 'waiting', why: `it is ${container.status}` };
  const service = host.stack.services.get(container.service);
  const ready = service === undefined ? undefined : host.kinds.get(service.kind)?.container?.ready;
  try {
    if (ready !== undefined && service !== undefined) {
      await ready(targetOf(host, containers, service, container), AbortSignal.any([signal, AbortSignal.timeout(TRY)]));
      return { state: 'ready', asked: true };
    }
    if (container.health === undefined || container.health === 'healthy')
      return { state: 'ready', asked: container.health !== undefined };
    if (container.healthCommand === undefined) return { state: 'waiting', why: `it is ${container.health}` };
    const { exitCode, stdout, stderr } = await runInside(host, container, container.healthCommand, {
      signal,
      timeout: TRY,
    });
    if (exitCode === 0) return { state: 'ready', asked: true };
    const said = `${stderr}\n${stdout}`.trim().split('\n', 1)[0] ?? '';
    return { state: 'waiting', why: `its health check says ${said === '' ? `exit code ${exitCode}` : said}` };
  } catch (thrown) {
    signal.throwIfAborted();
    return { state: 'waiting', why: messageOf(thrown) };
  }
};

/** How a service is doing, from its container; `undefined` for one that was never made. */
export const statusOf = async (
  host: Host,
  containers: ReadonlyMap<string, Container>,
  service: string,
  signal: AbortSignal,
): Promise<ServiceStatus> => {
  const container = containers.get(service);
  if (container === undefined || container.status === 'created') return { service, state: 'stopped', endpoints: [] };
  if (container.workingDirectory !== '' && container.workingDirectory !== host.stack.directory)
    return { service, state: 'stopped', detail: `it runs from ${container.workingDirectory}`, endpoints: [] };
  const readiness = await readinessOf(host, containers, container, signal);
  if (readiness.state === 'ended')
    // A container that was told to stop has ended by SIGTERM, or by itself and well.
    return container.status === 'exited' && [0, 137, 143].includes(container.exitCode)
      ? { service, state: 'stopped', detail: readiness.why, endpoints: [] }
      : { service, state: 'failed', detail: readiness.why, endpoints: [] };
  if (readiness.state === 'waiting')
    return { service, state: 'stopped', detail: `it is not ready yet: ${readiness.why}`, endpoints: [] };
  return {
    service,
    state: 'running',
    processId: container.processId,
    endpoints: knownPorts(container).flatMap((containerPort) => {
      const endpoint = endpointOf(container, containerPort);
      return endpoint === undefined ? [] : [{ ...endpoint, containerPort }];
    }),
  };
};
