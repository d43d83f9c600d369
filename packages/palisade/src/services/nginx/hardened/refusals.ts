import type { Service, Stack } from '../../../contracts/stack.ts';
import { type VirtualServer, isCatchAll, isRedirecting, serversOf } from '../configuration/servers.ts';
import { sharesHostNetwork } from '../../../model/host-network.ts';
import { entrancesOf } from '../../../model/https-mapping.ts';
import type { Directive } from '../syntax/directive.ts';
import { passTarget, upstreamOf } from './upstreams.ts';

/** What may stand beside `http`: everything else has a meaning of its own that is not taken over blindly. */
const outside = new Set([
  'user',
  'worker_processes',
  'error_log',
  'pid',
  'events',
  'http',
  'daemon',
  'worker_rlimit_nofile',
]);
const inHttp = /^(?:server|upstream|map|geo|types|split_clients)$/;
/** Blocks and switches whose change in meaning by a new surrounding a person has to judge. */
const never =
  /^(?:ssl_(?!prefer_server_ciphers|protocols|ciphers|session|ecdh)\w+|ssl|auth_\w+|(?:fastcgi|uwsgi|scgi|grpc|memcached)_pass|proxy_ssl_\w+|\w+_by_lua\w*|load_module|mirror|internal|slice|real_ip_header)$/;

const isLoopback = (address: string): boolean => /^(?:127\.|localhost$|\[::1\]$)/.test(address);

const everyDirective = (directives: readonly Directive[]): readonly Directive[] =>
  directives.flatMap((each) => [each, ...everyDirective(each.block ?? [])]);

/** The ports of a server that can be reached from outside of the container. */
const portsOf = ({ listens }: VirtualServer): readonly number[] =>
  listens.flatMap(({ address, port }) => (port === undefined || isLoopback(address) ? [] : [port]));

/**
 * Why the servers cannot be reached on one port, which opens all of them to whoever reaches one: a server on a port of its
 * own, or on the loopback address of the container, is meant for fewer people. Undefined where they can.
 */
const serverApart = (service: Service, servers: readonly VirtualServer[]): string | undefined => {
  const serving = servers.filter((server) => !isRedirecting(server));
  const all = serving.flatMap(portsOf);
  const led = entrancesOf(service)[0];
  const main = all.find((port) => led !== undefined && led.target <= port && port <= led.targetEnd) ?? all[0];
  const apart = serving.find((server) => main === undefined || !portsOf(server).includes(main));
  if (apart === undefined) return undefined;
  const where = apart.listens
    .map(({ address, port }) => `${address === '' ? '' : `${address}:`}${port ?? ''}`)
    .join(' and ');
  return `it has a server on ${where} apart from the others`;
};

/**
 * Why the user's configuration is not simple enough to be taken over with every directive of it; undefined where it is.
 * Plain HTTP alone, no identity of its own, literal upstreams: what is more than that a person has to change by hand.
 */
export const whyNotTakenOver = (
  stack: Stack,
  service: Service,
  directives: readonly Directive[],
): string | undefined => {
  const strange = directives.find(({ name }) => !outside.has(name));
  if (strange !== undefined) return `it has ${strange.name} beside http`;
  if (directives.filter(({ name }) => name === 'http').length !== 1) return 'it has not exactly one http block';
  const http = directives.find(({ name }) => name === 'http')?.block ?? [];
  const block = http.find((each) => each.block !== undefined && !inHttp.test(each.name));
  if (block !== undefined) return `it has a block ${block.name} in http`;
  const all = everyDirective(http);
  const special = all.find(({ name }) => never.test(name));
  if (special !== undefined) return `it has ${special.name}`;
  // Every port that a container listens on is open there, to whoever reaches the host.
  if (sharesHostNetwork(stack, service)) return 'it shares the network of the host';
  const servers = serversOf(directives);
  if (servers.length === 0) return 'it has no server';
  const apart = serverApart(service, servers);
  if (apart !== undefined) return apart;
  for (const { directive } of servers.flatMap(({ listens }) => listens))
    if (
      directive.name === 'listen' &&
      !/^(?:[\d.]+:|\[[\d:a-f]*\]:|\*:)?\d+(?: default_server| default)?$/.test(directive.args.join(' '))
    )
      return `it listens with ${directive.args.join(' ')}`;
  const names = servers.flatMap((server) => server.names).filter((name) => !isCatchAll(name));
  const name = names.find((each) => !/^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(each));
  if (name !== undefined) return `it has the server name ${name}, of which no certificate can be issued`;
  for (const { args } of all.filter((each) => each.name === 'proxy_pass')) {
    const target = passTarget(args[0] ?? '');
    if (target === undefined) return `it passes to ${args[0] ?? 'nothing'}`;
    if (http.some((each) => each.name === 'upstream' && each.args[0] === target.host))
      return 'it has an upstream block';
    if (upstreamOf(stack, target.host) === undefined && target.scheme === 'https')
      return `it passes to ${target.host}, which is no service of the stack`;
  }
  const callers = stack.edges.filter(
    ({ to, reasons }) => to === service.name && reasons.some(({ text }) => text !== 'depends_on'),
  );
  return callers.length > 0 ? `${callers[0]?.from ?? ''} calls it over plain HTTP` : undefined;
};
