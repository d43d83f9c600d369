import type { Service } from '../../../contracts/stack.ts';
import { type Scope, effective, isCatchAll, isRedirecting, serversOf, settingOf } from '../configuration/servers.ts';
import { passTarget } from '../hardened/upstreams.ts';
import { callerHeaders } from '../hardened/settings.ts';
import type { Directive } from '../syntax/directive.ts';
import { bytesOf, secondsOf } from '../units.ts';

/** A header and its value. */
export type Header = readonly [name: string, value: string];

/** One location that passes requests on, as Kong's routes and services can say it. */
export interface KongRoute {
  /** Unique in one export. */
  readonly name: string;
  readonly hosts: readonly string[];
  /** A prefix, or a regular expression behind `~`. */
  readonly path: string;
  /** True where the matched part of the path is replaced by the path of the upstream. */
  readonly stripPath: boolean;
  readonly upstream: {
    readonly protocol: 'http' | 'https';
    readonly host: string;
    readonly port: number;
    readonly path?: string;
  };
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly read: number; readonly write: number };
  /** Bytes. */
  readonly bodySize: number;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly requestHeaders: readonly Header[];
  readonly responseHeaders: readonly Header[];
}

/** What of a configuration Kong can take over, and what not. */
export interface KongRoutes {
  readonly routes: readonly KongRoute[];
  /** One sentence for each location that is left out, and for each difference of one that is not. */
  readonly left: readonly string[];
}

/** Directives of a location that have a counterpart, or that Kong decides by itself. */
const understood = new Set([
  'proxy_pass',
  'proxy_ssl_name',
  'proxy_set_header',
  'proxy_hide_header',
  'proxy_connect_timeout',
  'proxy_read_timeout',
  'proxy_send_timeout',
  'proxy_http_version',
  'proxy_buffering',
  'add_header',
  'client_max_body_size',
  'allow',
  'deny',
  'limit_req',
  'limit_conn',
]);

/** Headers that Kong sets itself, each time: who calls, and what WebSockets need. */
const ownHeaders = new Set([...callerHeaders.map(([name]) => name.toLowerCase()), 'upgrade', 'connection']);

/** The path of a location as Kong matches it, which anchors expressions at the start; undefined where it cannot. */
const pathOf = (args: readonly string[]): string | undefined => {
  const [first = '', second = ''] = args;
  if (args.length === 1) return first.startsWith('/') ? first : undefined;
  if (first === '^~') return second;
  if (first === '=') return `~${second.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`;
  // Kong's expressions know no look-around.
  return first === '~' && second.startsWith('^/') && !/\(\?(?:<?[=!])/.test(second) ? `~${second.slice(1)}` : undefined;
};

const milliseconds = (scope: Scope, name: string): number =>
  Math.round((secondsOf(settingOf(scope, name)?.args[0] ?? '60s') ?? 60) * 1_000);

/** Addresses that are let in or kept out; undefined where it depends on the order, which Kong does not know. */
const restrictionOf = (scope: Scope): { allow: readonly string[]; deny: readonly string[] } | undefined => {
  const level = scope.levels.findLast((each) => each.some(({ name }) => name === 'allow' || name === 'deny')) ?? [];
  const rules = level.filter(({ name }) => name === 'allow' || name === 'deny');
  const last = rules.at(-1);
  const values = (name: string): readonly string[] =>
    rules.filter((each) => each.name === name && each.args[0] !== 'all').map(({ args }) => args[0] ?? '');
  if (rules.length === 0) return { allow: [], deny: [] };
  if (last?.name === 'deny' && last.args[0] === 'all' && values('deny').length === 0)
    return { allow: values('allow'), deny: [] };
  return values('allow').length === 0 && !(last?.name === 'deny' && last.args[0] === 'all')
    ? { allow: [], deny: values('deny') }
    : undefined;
};

const headersOf = (directives: readonly Directive[]): readonly Header[] =>
  directives.map(({ args }) => [args[0] ?? '', args[1] ?? '']);

/** Why a location is not carried over; undefined where it is. */
const whyLeft = (scope: Scope): string | undefined => {
  const block = scope.directive.block ?? [];
  if (pathOf(scope.directive.args) === undefined) return 'Kong cannot match its path as nginx does';
  const strange = block.find(({ name, block: inner }) => inner !== undefined || !understood.has(name));
  if (strange !== undefined) return `it has ${strange.name}`;
  const restriction = restrictionOf(scope);
  if (restriction === undefined) return 'its allow and deny depend on their order';
  if (restriction.allow.length > 0 && restriction.allow.includes('unix:')) return 'it allows unix:';
  const variable = [...effective(scope, 'proxy_set_header'), ...effective(scope, 'add_header')].find(
    ({ args }) => !ownHeaders.has((args[0] ?? '').toLowerCase()) && (args[1] ?? '').includes('$'),
  );
  return variable === undefined ? undefined : `it makes the header ${variable.args[0] ?? ''} of a variable`;
};

const nameOf = (service: Service, path: string, taken: ReadonlySet<string>): string => {
  const base = [service.name, ...path.split(/[^A-Za-z\d]+/).filter((part) => part !== '')].join('-');
  const numbered = (number: number): string =>
    taken.has(`${base}-${number}`) ? numbered(number + 1) : `${base}-${number}`;
  return taken.has(base) ? numbered(2) : base;
};

const routeOf = (scope: Scope, pass: Directive, hosts: readonly string[], name: string): KongRoute | undefined => {
  const target = passTarget(pass.args[0] ?? '');
  const path = pathOf(scope.directive.args);
  if (target === undefined || path === undefined) return undefined;
  return {
    name,
    hosts,
    path,
    stripPath: target.path !== '' && !path.startsWith('~'),
    upstream: {
      protocol: target.scheme,
      host: target.host,
      port: target.port,
      ...(target.path === '' ? {} : { path: target.path }),
    },
    timeouts: {
      connect: milliseconds(scope, 'proxy_connect_timeout'),
      read: milliseconds(scope, 'proxy_read_timeout'),
      write: milliseconds(scope, 'proxy_send_timeout'),
    },
    bodySize: bytesOf(settingOf(scope, 'client_max_body_size')?.args[0] ?? '1m') ?? 1_048_576,
    ...(restrictionOf(scope) ?? { allow: [], deny: [] }),
    requestHeaders: headersOf(effective(scope, 'proxy_set_header')).filter(
      ([header]) => !ownHeaders.has(header.toLowerCase()),
    ),
    responseHeaders: headersOf(effective(scope, 'add_header')),
  };
};

const isHidden = ({ directive: { args } }: Scope): boolean => args[0] === '~' && /^\/\\\.(?:$|\()/.test(args[1] ?? '');

/** Reads the routes off the configuration of the hardened posture. */
export const kongRoutesOf = (service: Service, directives: readonly Directive[]): KongRoutes => {
  const routes = new Map<string, KongRoute>();
  const left: string[] = [];
  for (const server of serversOf(directives)) {
    if (isRedirecting(server)) continue;
    const hosts = server.names.filter((name) => !isCatchAll(name));
    for (const scope of server.inner) {
      const { name, args, block = [] } = scope.directive;
      if (name !== 'location' || isHidden(scope)) continue;
      const shown = `location ${args.join(' ')} of ${hosts.join(', ')}`;
      const pass = block.find((each) => each.name === 'proxy_pass');
      const why = pass === undefined ? 'it passes nothing on, and Kong serves no files' : whyLeft(scope);
      if (pass === undefined || why !== undefined) {
        left.push(`${shown} is left out: ${why ?? ''}`);
        continue;
      }
      const route = routeOf(scope, pass, hosts, nameOf(service, pathOf(args) ?? '', new Set(routes.keys())));
      if (route === undefined) left.push(`${shown} is left out: where it passes to cannot be read`);
      else {
        routes.set(route.name, route);
        if (block.some((each) => each.name === 'limit_req'))
          left.push(`${shown} has a limit of requests of its own; the one for all holds instead`);
      }
    }
  }
  return { routes: [...routes.values()], left };
};
