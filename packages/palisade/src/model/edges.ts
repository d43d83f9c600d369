import type { Edge } from '../contracts/stack.ts';
import type { Located, Location } from '../contracts/location.ts';
import type { PlainService } from './service.ts';

interface Reason {
  readonly text: string;
  readonly at: Location;
}

/**
 * Who calls whom: from depends_on, links, environment values and words of commands that name another service as a host.
 * The reasons stay apart, so that a mere order of starting (`depends_on`) can be told from a call.
 */
export const findEdges = (services: ReadonlyMap<string, PlainService>): readonly Edge[] => {
  const hosts = hostNames(services);
  const pattern = hostPattern([...hosts.keys()]);
  const edges = new Map<string, { from: string; to: string; port?: number; reasons: Reason[] }>();
  const add = (from: string, to: string, reason: Reason, port?: number): void => {
    if (from === to || !services.has(to)) return;
    const key = `${from}\0${to}\0${port ?? ''}`;
    const edge = edges.get(key) ?? { from, to, ...(port === undefined ? {} : { port }), reasons: [] };
    edge.reasons.push(reason);
    edges.set(key, edge);
  };
  for (const service of services.values()) {
    const from = service.name;
    for (const [to, { at }] of service.dependsOn) add(from, to, { text: 'depends_on', at });
    for (const { value, at } of service.links) add(from, value.split(':')[0] ?? value, { text: 'links', at });
    for (const [name, { value, at }] of service.environment)
      if (value !== null)
        for (const { host, port } of hostsIn(value, name, pattern)) {
          const to = hosts.get(host);
          if (to !== undefined) add(from, to, { text: name, at }, port ?? pairedPort(name, service.environment));
        }
    for (const [text, words] of [
      ['command', service.command],
      ['entrypoint', service.entrypoint],
    ] as const)
      for (const { host, port } of (words?.value ?? []).flatMap((word) => hostsIn(word, '', pattern))) {
        const to = hosts.get(host);
        if (to !== undefined && words !== undefined) add(from, to, { text, at: words.at }, port);
      }
  }
  return joinPortless([...edges.values()]);
};

/** A reason without port joins the edge with one, where there is exactly one between the two services. */
const joinPortless = (
  edges: readonly { from: string; to: string; port?: number; reasons: Reason[] }[],
): readonly Edge[] =>
  edges.filter((edge) => {
    if (edge.port !== undefined) return true;
    const withPort = edges.filter(({ from, to, port }) => from === edge.from && to === edge.to && port !== undefined);
    if (withPort.length !== 1) return withPort.length === 0;
    withPort[0]?.reasons.unshift(...edge.reasons);
    return false;
  });

/** Every name that a service answers to on a network: its own, container_name, aliases. */
const hostNames = (services: ReadonlyMap<string, PlainService>): ReadonlyMap<string, string> => {
  const hosts = new Map<string, string>();
  for (const { name, containerName, networks } of services.values())
    for (const host of [
      ...(containerName === undefined ? [] : [containerName.value]),
      ...networks.flatMap(({ aliases }) => aliases),
    ])
      hosts.set(host, name);
  for (const name of services.keys()) hosts.set(name, name);
  return hosts;
};

const hostPattern = (hosts: readonly string[]): RegExp => {
  const names = hosts
    .toSorted((a, b) => b.length - a.length)
    .map((host) => host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // In front: the start, a scheme, credentials, a list or an option. Behind: a port, a path, the end of an item.
  return new RegExp(`(^|//|@|[,;=\\s("'])(${names.join('|')})(?::(\\d{1,5})(?!\\d))?(?=$|[/,;?\\s)"'])`, 'g');
};

/** The hosts that a text names; a bare word counts only where the variable's name speaks of an address. */
const hostsIn = (
  text: string,
  variable: string,
  pattern: RegExp,
): readonly { readonly host: string; readonly port?: number }[] =>
  [...text.matchAll(pattern)].flatMap(([, before = '', host = '', port]) => {
    const sure = before === '//' || before === '@' || port !== undefined;
    if (!sure && !addressVariable.test(variable) && !/\bhost(?:name|addr)?=$/.test(text.slice(0, text.indexOf(host))))
      return [];
    return [{ host, ...(port === undefined ? {} : { port: Number(port) }) }];
  });

const addressVariable =
  /(?:^|_)(?:HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|ADDRESSES|SERVER|SERVERS|URL|URLS|URI|URIS|ENDPOINT|ENDPOINTS|NODES|PEERS|BROKERS|UPSTREAM|TARGET|DSN|SEEDS|CONTACT_POINTS)$|HOST$/i;

/** The port of `DB_PORT` for `DB_HOST`. */
const pairedPort = (name: string, environment: ReadonlyMap<string, Located<string | null>>): number | undefined => {
  const pair = name.replace(/(?:HOSTNAME|HOST|ADDRESS|ADDR|SERVER)$/i, (found) =>
    found === found.toLowerCase() ? 'port' : 'PORT',
  );
  const value = pair === name ? undefined : environment.get(pair)?.value;
  return value !== undefined && value !== null && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
};
