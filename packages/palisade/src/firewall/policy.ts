import { isIP } from 'node:net';
import type { Network, Port, Service, Stack } from '../contracts/stack.ts';
import { isOwnBridge } from '../controls/bridge-names.ts';
import { isWayIn } from '../controls/published-ports.ts';
import { isEveryInterface } from '../model/published-ports.ts';
import { error } from './errors.ts';

/** A bridge of the project on the host. */
export interface Bridge {
  readonly network: string;
  /** Name of the interface. */
  readonly name: string;
  readonly internal: boolean;
}

/** A port of the host that the project publishes. */
export interface PublishedPort {
  readonly service: string;
  readonly protocol: Port['protocol'];
  readonly first: number;
  readonly last: number;
  /** The address of the host that it is published on; absent where it is on every one. */
  readonly address?: string;
}

/** Who may reach what on the host of a project, as far as its files say. */
export interface FirewallPolicy {
  readonly project: string;
  readonly bridges: readonly Bridge[];
  /** Ports that the outside world is meant to reach. */
  readonly waysIn: readonly PublishedPort[];
  /** Ports that are for the host alone, or that should be: none of them is taken from elsewhere. */
  readonly shut: readonly PublishedPort[];
  /** What the rules say nothing about, each with the reason, in one line. */
  readonly left: readonly string[];
}

/** A name as Linux takes it for an interface: `dev_valid_name` of the kernel, narrowed to what needs no quoting. */
const interfaceName = /^[A-Za-z\d][\w.-]{0,14}$/;

const usedNetworks = (stack: Stack): readonly Network[] =>
  [...stack.networks.values()].filter(({ name }) =>
    [...stack.services.values()].some(({ networks }) => networks.some(({ network }) => network === name)),
  );

const bridgesOf = (stack: Stack, networks: readonly Network[]): readonly Bridge[] => {
  if (networks.length === 0) throw error('firewall/no-bridge', { project: stack.name });
  const unnamed = networks.filter(({ bridgeName }) => bridgeName === undefined).map(({ name }) => name);
  if (unnamed.length > 0) throw error('firewall/bridge-unnamed', { project: stack.name, networks: unnamed });
  return networks.map(({ name: network, bridgeName: name = '', internal }) => {
    if (!interfaceName.test(name)) throw error('firewall/bridge-name-invalid', { network });
    return { network, name, internal };
  });
};

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** An address without its brackets and zone, and without what maps IPv4 into IPv6. */
const plainAddress = (address: string): string => address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');

type Judged = { readonly entry: PublishedPort; readonly isOpen: boolean } | { readonly left: string };

const judge = (service: Service, port: Port): Judged => {
  if (port.published === undefined)
    return {
      left: `port ${port.target} of ${service.name}: the engine chooses the port of the host, so it is reached from this host alone`,
    };
  const { protocol, published: first, publishedEnd: last = first } = port;
  const entry = { service: service.name, protocol, first, last };
  const address = plainAddress(port.hostAddress);
  if (isEveryInterface(address)) return { entry, isOpen: isWayIn(service, port) };
  if (isLoopback(address)) return { entry, isOpen: false };
  return isIP(address) === 0
    ? { left: `port ${first} of ${service.name}: the address that it is published on cannot be read` }
    : { entry: { ...entry, address }, isOpen: true };
};

const overlaps = (a: PublishedPort, b: PublishedPort): boolean =>
  a.protocol === b.protocol && a.first <= b.last && b.first <= a.last;

/**
 * Reads a policy off a project. The outside world comes in by 80 and 443 of a gateway and by what is published on an
 * address that somebody wrote down; whatever else is published is for the host alone, also where the file says nothing
 * about an address. Services of every profile count: one that a flag starts is reached as well.
 *
 * @throws `firewall/no-bridge`, `firewall/bridge-unnamed`, `firewall/bridge-name-invalid`
 */
export const firewallPolicyOf = (stack: Stack): FirewallPolicy => {
  const networks = usedNetworks(stack);
  const bridges = bridgesOf(stack, networks.filter(isOwnBridge));
  const judged = [...stack.services.values()]
    .filter(({ networkMode }) => networkMode?.value !== 'host')
    .flatMap((service) => service.ports.map((port) => judge(service, port)));
  const entries = judged.flatMap((each) => ('entry' in each ? [each] : []));
  const waysIn = entries.filter(({ isOpen }) => isOpen).map(({ entry }) => entry);
  return {
    project: stack.name,
    bridges,
    waysIn,
    shut: entries
      .filter(({ isOpen, entry }) => !isOpen && !waysIn.some((other) => overlaps(entry, other)))
      .map(({ entry }) => entry),
    left: [
      ...networks
        .filter((network) => !isOwnBridge(network))
        .map(
          ({ name, external, driver }) =>
            `network ${name}: ${external ? 'another project makes it' : `its driver is ${driver ?? ''}`}`,
        ),
      ...[...stack.services.values()]
        .filter(({ networkMode }) => networkMode?.value === 'host')
        .map(({ name }) => `service ${name}: it shares the network of the host`),
      ...judged.flatMap((each) => ('left' in each ? [each.left] : [])),
    ],
  };
};
