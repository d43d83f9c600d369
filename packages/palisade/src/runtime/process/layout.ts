import type { Layout } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { error } from '../errors.ts';
import { type MountPoint, type Places, hostPath } from './mounts.ts';
import { type Rewriting, rewriteEnvironment, rewriteText } from './text.ts';

/** Loopback port by service and container port, as the state file keeps it. */
export type PortTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The names under which the containers of a stack reach a service: its own, its container's, aliases on its networks. */
const namesOf = (service: Service): readonly string[] => [
  service.name,
  ...(service.containerName === undefined ? [] : [service.containerName.value]),
  ...service.networks.flatMap(({ aliases }) => aliases),
];

const portsByName = (stack: Stack, caller: Service, table: PortTable): Rewriting['ports'] => {
  const numbers = (service: string): ReadonlyMap<number, number> =>
    new Map(Object.entries(table[service] ?? {}).map(([container, host]) => [Number(container), host]));
  const named = [...stack.services.values()].flatMap((service) =>
    namesOf(service).map((name) => [name, numbers(service.name)] as const),
  );
  const linked = caller.links.flatMap(({ value }) => {
    const [service = '', alias] = value.split(':');
    return alias === undefined ? [] : [[alias, numbers(service)] as const];
  });
  return new Map([...named, ...linked].filter(([, ports]) => ports.size > 0));
};

/**
 * Host path by container path. Paths of this machine stand for themselves: a kind may have put some into a text already, and
 * where the project lies below `/tmp`, and the container has a `/tmp` of its own, they would be taken for the container's.
 */
const pathsOf = ({ stack, service, places, mounts }: LayoutSources): Rewriting['paths'] =>
  new Map([
    ...[
      stack.directory,
      places.service(service.name),
      places.staged(service.name),
      places.mirror(service.name),
      ...mounts.map(({ host }) => host),
    ].map((path) => [path, path] as const),
    // What the container has under the same name is meant where somebody names it.
    ...mounts.map(({ target, host }) => [target, host] as const),
  ]);

/** What a layout is made from. */
export interface LayoutSources {
  readonly stack: Stack;
  readonly service: Service;
  readonly places: Places;
  readonly mounts: readonly MountPoint[];
  readonly ports: PortTable;
}

/** The layout of one service, and its environment in it. */
export const createLayout = (
  sources: LayoutSources,
): { readonly layout: Layout; readonly environment: Record<string, string> } => {
  const { stack, service, places, mounts, ports } = sources;
  const root = places.root(service.name);
  const rewriting: Rewriting = {
    paths: pathsOf(sources),
    ports: portsByName(stack, service, ports),
    own: new Map(Object.entries(ports[service.name] ?? {}).map(([container, host]) => [Number(container), host])),
  };
  return {
    layout: {
      stateDirectory: places.service(service.name),
      path: (containerPath) => hostPath(containerPath, mounts, root),
      port: (name, containerPort) => {
        const port = ports[name]?.[String(containerPort)];
        if (port === undefined) throw error('runtime/unknown-port', { service: name, port: containerPort });
        return port;
      },
      text: (content) => rewriteText(content, rewriting),
    },
    environment: rewriteEnvironment(
      [...service.environment].map(([name, { value }]) => [name, value] as const),
      rewriting,
    ),
  };
};
