import type { Answer, ContainerEvidence, ListenerEvidence, ReachabilityEvidence } from '../../contracts/evidence.ts';
import type { Probe } from '../../contracts/service-kind.ts';
import { mapConcurrently } from '../../support/concurrency.ts';
import { confinementOf, listenersOfContainer } from './confinement.ts';
import type { Container } from './container.ts';
import { knownPorts } from './endpoint.ts';
import { type Host, lookAt } from './host.ts';
import type { KernelView } from './kernel-view.ts';
import { lookInside } from './look-inside.ts';
import { type EngineNetwork, engineNetworks } from './networks.ts';
import { type Place, attemptsFrom, cellsOf } from './reachability.ts';
import { findProbeImage, tryConnections } from './try-connections.ts';

/** What all probes of one round look at. */
interface Sight {
  readonly containers: ReadonlyMap<string, Container>;
  readonly networks: ReadonlyMap<string, EngineNetwork>;
  readonly views: ReadonlyMap<string, Answer<KernelView>>;
}

/** Containers that are looked at or tried from at the same time. */
const AT_ONCE = 4;

const isLoopback = (address: string): boolean => address === '::1' || /^(?:::ffff:)?127\./.test(address);

const portsOfKind = (host: Host, service: string): readonly number[] => {
  const kind = host.stack.services.get(service)?.kind;
  return Object.values((kind === undefined ? undefined : host.kinds.get(kind)?.ports) ?? {});
};

const placeOf = (host: Host, { networks, views }: Sight, container: Container): Place => {
  const view = views.get(container.service);
  return {
    service: container.service,
    attachments: container.attachments.map(({ network, engineName, address, address6 }) => ({
      network,
      ...(address === undefined ? {} : { address }),
      ...(address6 === undefined ? {} : { address6 }),
      gateways: networks.get(engineName)?.gateways ?? [],
    })),
    ports:
      view?.known === true
        ? [...new Set(view.value.listeners.filter(({ address }) => !isLoopback(address)).map(({ port }) => port))]
        : [...new Set([...knownPorts(container), ...portsOfKind(host, container.service)])],
    published: container.published,
  };
};

const look = async (host: Host, signal: AbortSignal): Promise<Sight> => {
  const containers = await lookAt(host, signal);
  const running = [...containers.values()].filter(
    ({ status, workingDirectory }) => status === 'running' && workingDirectory === host.stack.directory,
  );
  const views = await mapConcurrently(
    running,
    AT_ONCE,
    async (container) => [container.service, await lookInside(host, container, signal)] as const,
  );
  const networks = await engineNetworks(
    host.engine,
    running.flatMap(({ attachments }) => attachments.map(({ engineName }) => engineName)),
    { signal, timeout: host.bounds.question },
  );
  return {
    networks,
    containers: new Map(running.map((container) => [container.service, container])),
    views: new Map(views),
  };
};

/** Remembers the first result, so that probes of one round do not ask the same again. */
const once = <T>(ask: (signal: AbortSignal) => Promise<T>): ((signal: AbortSignal) => Promise<T>) => {
  let answer: Promise<T> | undefined;
  return (signal) => (answer ??= ask(signal));
};

const containerOf = ({ containers }: Sight, service: string): Container => {
  const container = containers.get(service);
  if (container === undefined) throw new Error(`${service} has no running container of this project`);
  return container;
};

/**
 * Probes of what the engine and the kernel show of the project's containers: their confinement, their listeners, and which
 * others each of them reaches. `probeImage` is what connections are tried with; an image of the project where absent.
 */
export const containerProbes = (host: Host, probeImage?: string): readonly Probe[] => {
  const sight = once((signal) => look(host, signal));
  const image = once(async (signal) => {
    const { containers } = await sight(signal);
    return findProbeImage(
      host,
      probeImage === undefined ? [...containers.values()].map((container) => container.image) : [probeImage],
      signal,
    );
  });
  const confinement: Probe<'container'> = {
    evidence: 'container',
    collect: async ({ service }, signal): Promise<ContainerEvidence> => {
      const seen = await sight(signal);
      return confinementOf(
        containerOf(seen, service.name),
        seen.views.get(service.name) ?? { known: false, why: 'it was not looked at' },
        seen.networks,
      );
    },
  };
  const listeners: Probe<'listeners'> = {
    evidence: 'listeners',
    collect: async ({ service }, signal): Promise<ListenerEvidence> => {
      const seen = await sight(signal);
      const container = containerOf(seen, service.name);
      const view = seen.views.get(service.name);
      if (view?.known !== true) throw new Error(view?.why ?? 'it was not looked at');
      return listenersOfContainer(service, container, view.value, portsOfKind(host, service.name));
    },
  };
  const reachability: Probe<'reachability'> = {
    evidence: 'reachability',
    collect: async ({ service }, signal): Promise<ReachabilityEvidence> => {
      const seen = await sight(signal);
      const container = containerOf(seen, service.name);
      const places = [...seen.containers.values()].map((each) => placeOf(host, seen, each));
      const attempts = attemptsFrom(placeOf(host, seen, container), places);
      const tries = await tryConnections(host, container, await image(signal), attempts, signal);
      return {
        contained: true,
        addresses: container.attachments.flatMap(({ address, address6 }) =>
          [address, address6].filter((each) => each !== undefined),
        ),
        // Also services that do not run: nobody can tell whether they would be reached.
        cells: cellsOf(
          host.stack,
          service.name,
          [...host.stack.services.values()].filter(({ active }) => active).map(({ name }) => name),
          tries,
        ),
      };
    },
  };
  return [confinement, listeners, reachability];
};
