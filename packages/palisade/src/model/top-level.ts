import type { FileSource, Network, Volume } from '../contracts/stack.ts';
import type { Location } from '../contracts/location.ts';
import { type HostPaths, hostPath } from './mounts.ts';
import { type MapNode, child, entriesOf, textOf } from './node.ts';
import { truth } from './quantities.ts';

/** The option of a network that names its bridge. Source: Docker's documentation, "Bridge network driver", options. */
export const bridgeNameOption = 'com.docker.network.bridge.name';

/** The networks of the project; `default` is added where `usesDefault` and nobody wrote it. */
export const readNetworks = (root: MapNode, usesDefault: boolean, start: Location): ReadonlyMap<string, Network> => {
  const networks = new Map<string, Network>();
  for (const [name, { keyAt, value }] of entriesOf(child(root, 'networks'))) {
    const driver = textOf(child(value, 'driver'));
    const bridgeName = textOf(child(child(value, 'driver_opts'), bridgeNameOption));
    networks.set(name, {
      name,
      at: keyAt,
      internal: isTrue(child(value, 'internal')),
      external: isExternal(value),
      ...(driver === undefined ? {} : { driver }),
      ...(bridgeName === undefined || bridgeName === '' ? {} : { bridgeName }),
      enableIpv6: isTrue(child(value, 'enable_ipv6')),
      ...(truth(textOf(child(value, 'enable_ipv4')) ?? '') === false ? { withoutIpv4: true } : {}),
      implicit: false,
    });
  }
  if (usesDefault && !networks.has('default'))
    networks.set('default', {
      name: 'default',
      at: start,
      internal: false,
      external: false,
      enableIpv6: false,
      implicit: true,
    });
  return networks;
};

/** The named volumes of the project. */
export const readVolumes = (root: MapNode): ReadonlyMap<string, Volume> =>
  new Map(
    entriesOf(child(root, 'volumes')).map(([name, { keyAt, value }]) => [
      name,
      { name, at: keyAt, external: isExternal(value) },
    ]),
  );

/** The top-level secrets or configs of the project. */
export const readFileSources = (
  root: MapNode,
  section: 'secrets' | 'configs',
  paths: HostPaths,
): ReadonlyMap<string, FileSource> =>
  new Map(
    entriesOf(child(root, section)).map(([name, { keyAt, value }]) => {
      const file = textOf(child(value, 'file'));
      const environment = textOf(child(value, 'environment'));
      return [
        name,
        {
          name,
          at: keyAt,
          ...(file === undefined || file === '' ? {} : { file: hostPath(file, paths) }),
          ...(environment === undefined ? {} : { environment }),
          external: isExternal(value),
        },
      ];
    }),
  );

const isTrue = (node: ReturnType<typeof child>): boolean => truth(textOf(node) ?? '') === true;

/** `external: true`, or the old `external: {name: …}`. */
const isExternal = (node: ReturnType<typeof child>): boolean => {
  const external = child(node, 'external');
  return external?.type === 'map' || isTrue(external);
};
