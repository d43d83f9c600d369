import type { Service, Stack } from '../../../contracts/stack.ts';
import { type VirtualServer, effective, isCatchAll, isRedirecting, serversOf } from '../configuration/servers.ts';
import { type Directive, directive, print } from '../syntax/directive.ts';
import { tlsPort } from './paths.ts';
import { callerHeaders, httpSettings, requestLimit, securityHeaders, serverIdentity } from './settings.ts';
import { passTarget, upstreamOf } from './upstreams.ts';

const d = directive;

const managed: ReadonlySet<string> = new Set([
  ...httpSettings()
    .map(({ name }) => name)
    .filter((name) => !['map', 'log_format', 'limit_req_zone', 'limit_conn_zone'].includes(name)),
  'limit_req_status',
  'error_log',
  'autoindex',
  'add_header',
  'proxy_set_header',
  'proxy_hide_header',
  'listen',
  'server_name',
]);

const isUnbounded = ({ name, args }: Directive): boolean =>
  name === 'client_max_body_size' && /^0+[kmg]?$/i.test(args[0] ?? '');
const isEverybody = ({ name, args }: Directive): boolean =>
  name === 'set_real_ip_from' && (args[0] ?? '').endsWith('/0');

/** The user's own header directives as the gateway's, with its values in front of whatever has the same name. */
const withOwn = (
  name: string,
  users: readonly Directive[],
  own: readonly (readonly [string, string])[],
  always: boolean,
): readonly Directive[] => {
  const taken = new Set(own.map(([header]) => header.toLowerCase()));
  return [
    ...own.map(([header, value]) => d(name, [header, value, ...(always ? ['always'] : [])])),
    ...users.filter(({ args }) => !taken.has((args[0] ?? '').toLowerCase())),
  ];
};

const renderBlock = (
  stack: Stack,
  block: readonly Directive[],
  levels: readonly (readonly Directive[])[],
): readonly Directive[] => {
  const here = { directive: d('x', [], block), levels: [...levels, block] };
  const pass = block.find(({ name }) => name === 'proxy_pass');
  return [
    ...(block.some(({ name }) => name === 'add_header')
      ? withOwn('add_header', effective(here, 'add_header'), securityHeaders, true)
      : []),
    ...(pass === undefined
      ? []
      : withOwn('proxy_set_header', effective(here, 'proxy_set_header'), callerHeaders, false)),
    ...block
      .filter((each) => !managed.has(each.name) && !isUnbounded(each) && !isEverybody(each))
      .flatMap((each): readonly Directive[] => {
        if (each === pass) return renderPass(stack, each);
        return [each.block === undefined ? each : { ...each, block: renderBlock(stack, each.block, here.levels) }];
      }),
  ];
};

/** A service of the stack that serves TLS in the hardened posture is reached by that, and its name is verified. */
const renderPass = (stack: Stack, pass: Directive): readonly Directive[] => {
  const target = passTarget(pass.args[0] ?? '');
  const upstream = target === undefined ? undefined : upstreamOf(stack, target.host);
  if (target === undefined || upstream?.tlsPort === undefined) return [pass];
  return [
    d('proxy_pass', [`https://${target.host}:${upstream.tlsPort}${target.path}`]),
    d('proxy_ssl_name', [upstream.service.name]),
  ];
};

const hidden = d('location', ['~', String.raw`/\.(?!well-known/)`]);

const listens = (port: number, stack: Stack, service: Service, options: readonly string[]): readonly Directive[] => {
  // On an internal network nobody calls by IPv6: the hardened posture turns it off there.
  const hasIpv6 = service.networks.some(({ network }) => {
    const joined = stack.networks.get(network);
    return joined?.enableIpv6 === true && (!joined.internal || joined.withoutIpv4 === true);
  });
  return [d('listen', [String(port), ...options]), ...(hasIpv6 ? [d('listen', [`[::]:${port}`, ...options])] : [])];
};

/** The names of each server: its own, and the service's and `localhost` for the one that answered to everything. */
export const namesOf = (
  service: Service,
  servers: readonly VirtualServer[],
): ReadonlyMap<VirtualServer, readonly string[]> => {
  const first = servers.find(({ listens: all }) => all.some(({ isDefault }) => isDefault)) ?? servers[0];
  const all = servers.flatMap(({ names }) => names);
  return new Map(
    servers.map((server) => {
      const own = server.names.filter((name) => !isCatchAll(name));
      const added = server === first ? ['localhost', service.name].filter((name) => !all.includes(name)) : [];
      return [server, [...new Set([...own, ...added])]];
    }),
  );
};

/** The ports of the hardened posture. */
export interface HardenedPorts {
  /** Ports of plain HTTP inside of the container. */
  readonly plain: readonly number[];
  /** The port of the host on which HTTPS is published; undefined where the engine chooses it, or where there is none. */
  readonly https: number | undefined;
}

/**
 * The user's configuration in the hardened posture: every directive of it stays but those that the posture decides, each
 * server moves behind TLS, plain HTTP redirects there, and a name that nobody serves is turned away.
 */
export const renderHardened = (
  stack: Stack,
  service: Service,
  directives: readonly Directive[],
  ports: HardenedPorts,
): string => {
  const place = ports.https === undefined || ports.https === 443 ? '' : `:${ports.https}`;
  const http = directives.find(({ name }) => name === 'http')?.block ?? [];
  const servers = serversOf(directives).filter((server) => !isRedirecting(server));
  const names = namesOf(service, servers);
  const main = directives.filter(({ name }) => !['http', 'user', 'pid', 'error_log', 'daemon'].includes(name));
  const others = http.filter(
    (each) => each.name !== 'server' && !managed.has(each.name) && !isUnbounded(each) && !isEverybody(each),
  );
  const has = (name: string): boolean => others.some((each) => each.name === name);
  const proxies = others.some(({ name }) => name === 'set_real_ip_from');
  const rendered = d(
    'http',
    [],
    [
      ...others,
      ...httpSettings(),
      ...(has('limit_req') ? [] : [requestLimit]),
      ...(has('client_max_body_size') ? [] : [d('client_max_body_size', ['1m'])]),
      ...(proxies
        ? [
            d('real_ip_header', ['X-Forwarded-For']),
            ...(has('real_ip_recursive') ? [] : [d('real_ip_recursive', ['on'])]),
          ]
        : []),
      ...securityHeaders.slice(0, 3).map(([name]) => d('proxy_hide_header', [name])),
      d('proxy_hide_header', ['X-Powered-By']),
      ...http.filter(({ name }) => name === 'proxy_hide_header'),
      ...withOwn(
        'add_header',
        http.filter(({ name }) => name === 'add_header'),
        securityHeaders,
        true,
      ),
      d(
        'server',
        [],
        [
          ...ports.plain.flatMap((port) => listens(port, stack, service, ['default_server'])),
          ...listens(tlsPort, stack, service, ['ssl', 'default_server']),
          d('server_name', ['_']),
          d('ssl_reject_handshake', ['on']),
          d('return', ['444']),
        ],
      ),
      d(
        'server',
        [],
        [
          ...ports.plain.flatMap((port) => listens(port, stack, service, [])),
          d('server_name', [...new Set([...names.values()].flat())]),
          d('return', ['301', `https://$host${place}$request_uri`]),
        ],
      ),
      ...servers.map((server) => {
        const block = server.scope.directive.block ?? [];
        const hasHidden = block.some(
          ({ name, args }) => name === 'location' && args.join(' ') === hidden.args.join(' '),
        );
        return d(
          'server',
          [],
          [
            ...listens(tlsPort, stack, service, ['ssl']),
            d('server_name', names.get(server) ?? []),
            ...serverIdentity,
            ...renderBlock(stack, block, [http]),
            ...(hasHidden ? [] : [{ ...hidden, block: [d('return', ['404'])] }]),
          ],
        );
      }),
    ],
  );
  return [
    '# Written by Palisade from the configuration that stood here before; `palisade rollback` brings that back.\n',
    '# Clients come in by the names in server_name alone; every other one is turned away.\n',
    print([
      d('pid', ['/tmp/nginx.pid']),
      d('error_log', ['/dev/stderr', 'warn']),
      ...(main.some(({ name }) => name === 'events') ? main : [...main, d('events', [], [])]),
      d('worker_shutdown_timeout', ['30s']),
      rendered,
    ]),
  ].join('');
};
