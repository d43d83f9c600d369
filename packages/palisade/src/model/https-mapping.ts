import type { Port, Service, Stack } from '../contracts/stack.ts';
import { addressText, isEveryInterface } from './published-ports.ts';

/** Ports inside of the container of a hardened gateway: unprivileged ones, so that the server needs no root. */
export const gatewayPorts = { plain: 8080, tls: 8443 } as const;

/** The usual port of HTTPS on the host, and its usual neighbour where that one is not free or not meant. */
const usual = { plain: 80, tls: 443, other: 8443 } as const;

/** How a gateway is published for HTTPS. */
export interface HttpsMapping {
  /** The port of the host; undefined where the engine chooses it, or where nothing is published. */
  readonly port: number | undefined;
  /** Entries in short syntax that are missing in `ports`. */
  readonly missing: readonly string[];
  /** A mapping of 443 to 443, behind which no plain configuration listens: it is to lead to the TLS port. */
  readonly misled: readonly Port[];
}

const isTcp = ({ protocol }: Port): boolean => protocol === 'tcp';

/** True for a mapping of the usual port of HTTP, by which the outside world is meant to come in. */
export const isWayIn = (port: Port): boolean =>
  isTcp(port) && port.published === usual.plain && port.target === port.targetEnd;

const isOpenWayIn = (port: Port): boolean => isWayIn(port) && isEveryInterface(port.hostAddress);

const isMisled = (port: Port): boolean =>
  isTcp(port) && port.published === usual.tls && port.target === usual.tls && port.targetEnd === usual.tls;

/**
 * The mappings through which the same plain port of a gateway is reached: that of the usual port of HTTP if there is one,
 * else that of the first. Other mappings may be of servers that fewer people are meant to reach.
 */
export const entrancesOf = ({ ports }: Service): readonly Port[] => {
  const plain = ports.filter((port) => isTcp(port) && port.target !== gatewayPorts.tls && !isMisled(port));
  const first = plain.find(isWayIn) ?? plain[0];
  return first === undefined ? [] : [first, ...plain.filter((port) => port !== first && port.target === first.target)];
};

interface Place {
  readonly address: string;
  readonly first: number;
  readonly last: number;
}

const overlaps = (a: string, b: string): boolean => a === b || isEveryInterface(a) || isEveryInterface(b);

/** What is published of the stack, and what the hardened posture of the reference API will publish. */
const takenIn = (stack: Stack): readonly Place[] =>
  [...stack.services.values()].flatMap(({ kind, ports }) => [
    ...(kind === 'http-api' ? [{ address: '127.0.0.1', first: usual.other, last: usual.other }] : []),
    ...ports
      .filter(isTcp)
      .flatMap(({ published: first, publishedEnd: last = first, hostAddress: address }) =>
        first === undefined || last === undefined ? [] : [{ address, first, last }],
      ),
  ]);

/** As far from the plain port as 443 is from 80, 8443 from 8080: gateways with ports of their own stay apart. */
const wantedFor = (published: number): number => {
  const wanted = published + usual.tls - usual.plain;
  return wanted === usual.tls || (wanted >= 1024 && wanted <= 65_535) ? wanted : usual.other;
};

const freePort = (taken: readonly Place[], addresses: readonly string[], published: number): number => {
  const isFree = (port: number): boolean =>
    !taken.some(
      ({ address, first, last }) => first <= port && port <= last && addresses.some((each) => overlaps(each, address)),
    );
  let port = wantedFor(published);
  if (!isFree(port) && port === usual.tls) port = usual.other;
  while (!isFree(port) && port < 65_535) port += 1;
  return port;
};

const mappingOf = (service: Service, taken: readonly Place[]): HttpsMapping => {
  const existing = service.ports.find((port) => isTcp(port) && port.target === gatewayPorts.tls);
  if (existing !== undefined) return { port: existing.published, missing: [], misled: [] };
  const misled = service.ports.filter(isMisled);
  if (misled.length > 0) return { port: usual.tls, missing: [], misled };
  const entrances = entrancesOf(service);
  const [first] = entrances;
  if (first === undefined) return { port: undefined, missing: [], misled };
  const places = entrances.map(({ hostAddress }) => hostAddress);
  const port = first.published === undefined ? undefined : freePort(taken, places, first.published);
  // The way in may be open; of any other port the control of published ports leaves the loopback address alone.
  const entries = (isOpenWayIn(first) ? entrances.filter(isOpenWayIn) : entrances).map((entrance) => {
    const address = addressText(entrance, !isWayIn(entrance));
    const rest = `${port ?? ''}:${gatewayPorts.tls}`;
    return address === '' ? rest : `${address}:${rest}`;
  });
  return { port, missing: [...new Set(entries)], misled };
};

/**
 * How the hardened posture publishes HTTPS of a gateway of the stack: at the addresses at which its plain port is
 * published, variables included, and nowhere else; 443 beside 80, else a port that nothing of the stack has. Gateways are
 * gone through in the order of the stack, so that each has a port of its own, whoever asks and whichever is hardened first.
 */
export const httpsMapping = (stack: Stack, service: Service): HttpsMapping => {
  const taken = [...takenIn(stack)];
  for (const gateway of stack.services.values()) {
    if (gateway.name === service.name) break;
    if (gateway.kind !== 'nginx') continue;
    const { port } = mappingOf(gateway, taken);
    if (port !== undefined)
      taken.push(...entrancesOf(gateway).map(({ hostAddress }) => ({ address: hostAddress, first: port, last: port })));
  }
  return mappingOf(service, taken);
};
