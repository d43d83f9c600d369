import type { Answer, Confinement, ListenerEvidence } from '../../contracts/evidence.ts';
import type { Service } from '../../contracts/stack.ts';
import type { Container } from './container.ts';
import type { KernelView } from './kernel-view.ts';
import type { EngineNetwork } from './networks.ts';

const namespaces = (host: Container['host']): Confinement['hostNamespaces'] => {
  const modes = {
    pid: host.PidMode,
    ipc: host.IpcMode,
    uts: host.UTSMode,
    network: host.NetworkMode,
    user: host.UsernsMode,
  } as const;
  return (['pid', 'ipc', 'uts', 'network', 'user'] as const).filter((name) => modes[name] === 'host');
};

/** How a container is confined, from what the engine was told and what the kernel shows. */
export const confinementOf = (
  container: Container,
  view: Answer<KernelView>,
  networks: ReadonlyMap<string, EngineNetwork>,
): Confinement => {
  const { host, mounts } = container;
  const cores = host.NanoCpus > 0 ? host.NanoCpus / 1e9 : host.CpuQuota > 0 ? host.CpuQuota / 100_000 : 0;
  return {
    contained: true,
    privileged: host.Privileged,
    process: view,
    limits: { memory: Math.max(0, host.Memory), cpus: cores, pids: Math.max(0, host.PidsLimit) },
    hostNamespaces: namespaces(host),
    // A network that the engine does not tell about is not known to be internal.
    outwardNetworks: container.attachments
      .filter(({ engineName }) => networks.get(engineName)?.internal !== true)
      .map(({ network }) => network),
    mounts,
    devices: host.Devices.map(({ PathOnHost }) => PathOnHost),
    securityOptions: host.SecurityOpt,
  };
};

/** Ports that the project, the image or the kind of a service declares. */
const declaredPorts = (service: Service, container: Container, ofKind: readonly number[]): ReadonlySet<number> =>
  new Set([
    ...container.exposed,
    ...container.published.map(({ containerPort }) => containerPort),
    ...service.ports.flatMap(({ target, targetEnd }) =>
      Array.from({ length: targetEnd - target + 1 }, (_, index) => target + index),
    ),
    ...service.expose.map(({ value }) => Number.parseInt(value, 10)),
    ...ofKind,
  ]);

const isLoopback = (address: string): boolean => address === '::1' || /^(?:::ffff:)?127\./.test(address);

/**
 * The listeners of a container as the host meets them: on the addresses on which they are published, else on the
 * container's own. What listens on the container's own loopback address nobody outside of it meets, and is left out.
 */
export const listenersOfContainer = (
  service: Service,
  container: Container,
  view: KernelView,
  ofKind: readonly number[],
): ListenerEvidence => {
  const declared = declaredPorts(service, container, ofKind);
  const own = container.attachments.find(({ address }) => address !== undefined)?.address;
  const onHost = container.host.NetworkMode === 'host';
  const all = view.listeners
    .filter(({ address }) => onHost || !isLoopback(address))
    .flatMap(({ address, port }) => {
      const isDeclared = declared.has(port);
      if (onHost) return [{ address, port, declared: isDeclared, published: true }];
      const bound = container.published.filter(({ containerPort }) => containerPort === port);
      return bound.length === 0
        ? [{ address: own ?? address, port, declared: isDeclared, published: false }]
        : bound.map((each) => ({
            address: each.hostAddress,
            port: each.hostPort,
            declared: isDeclared,
            published: true,
          }));
    });
  return { listeners: [...new Map(all.map((each) => [`${each.address} ${each.port}`, each])).values()] };
};
