import type { Location } from '../../../contracts/location.ts';
import type { Directive } from '../syntax/directive.ts';

/** One block with those around it. */
export interface Scope {
  readonly directive: Directive;
  /** Directives of each level, the outermost (`http`) first. */
  readonly levels: readonly (readonly Directive[])[];
}

/** One `listen` of a server. */
export interface Listen {
  readonly directive: Directive;
  readonly address: string;
  /** Undefined for a Unix socket. */
  readonly port: number | undefined;
  readonly tls: boolean;
  readonly isDefault: boolean;
}

/** One virtual server. */
export interface VirtualServer {
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly listens: readonly Listen[];
  /** Its locations, those inside of others and `if` blocks too. */
  readonly inner: readonly Scope[];
}

/** The place of a directive. */
export const placeOf = ({ file, line, column }: Directive): Location => ({ file, line, column });

/**
 * What holds of a directive in a scope: those of the innermost level that has one. A level that has one of an array
 * directive (`add_header`, `proxy_set_header`) drops all of the levels around it.
 */
export const effective = ({ levels }: Scope, name: string): readonly Directive[] =>
  levels.findLast((level) => level.some((each) => each.name === name))?.filter((each) => each.name === name) ?? [];

/** The last of what holds of a simple directive. */
export const settingOf = (scope: Scope, name: string): Directive | undefined => effective(scope, name).at(-1);

const innerScopes = (scope: Scope): readonly Scope[] =>
  (scope.directive.block ?? []).flatMap((each) => {
    if (each.block === undefined || !['location', 'if', 'limit_except'].includes(each.name)) return [];
    const inner: Scope = { directive: each, levels: [...scope.levels, each.block] };
    return [inner, ...innerScopes(inner)];
  });

const listenOf = (each: Directive): Listen => {
  const [where = '', ...options] = each.args;
  const isSocket = where.startsWith('unix:');
  const digits = /^(?:(.*):)?(\d+)$/.exec(where);
  const isAddress = digits === null || where.endsWith(']');
  return {
    directive: each,
    address: isSocket ? where : isAddress ? where : (digits[1] ?? ''),
    port: isSocket ? undefined : isAddress ? 80 : Number(digits[2]),
    tls: options.includes('ssl') || options.includes('quic'),
    isDefault: options.includes('default_server') || options.includes('default'),
  };
};

/** The port of a server without `listen`: 80, and 8000 for a server that is not started as root. */
const noListen = (server: Directive): Listen => ({
  directive: server,
  address: '',
  port: 80,
  tls: false,
  isDefault: false,
});

/** The `http` blocks of a configuration. */
export const httpBlocks = (directives: readonly Directive[]): readonly Directive[] =>
  directives.filter(({ name, block }) => name === 'http' && block !== undefined);

/** Every virtual server of a configuration. */
export const serversOf = (directives: readonly Directive[]): readonly VirtualServer[] =>
  httpBlocks(directives).flatMap(({ block: http = [] }) =>
    http
      .filter(({ name, block }) => name === 'server' && block !== undefined)
      .map((server): VirtualServer => {
        const block = server.block ?? [];
        const scope: Scope = { directive: server, levels: [http, block] };
        const listens = block.filter(({ name }) => name === 'listen').map(listenOf);
        const legacy = settingOf(scope, 'ssl')?.args[0] === 'on';
        return {
          scope,
          names: block.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args),
          listens: (listens.length === 0 ? [noListen(server)] : listens).map((each) => ({
            ...each,
            tls: each.tls || legacy,
          })),
          inner: innerScopes(scope),
        };
      }),
  );

/** True for a name that stands for no host: `_`, the empty one. */
export const isCatchAll = (name: string): boolean => name === '_' || name === '' || name === '-';

/** The server itself and every block in it: wherever an answer may come from. */
export const scopesOf = ({ scope, inner }: VirtualServer): readonly Scope[] => [scope, ...inner];

const returnOf = (block: readonly Directive[] | undefined): readonly string[] | undefined =>
  block?.find(({ name }) => name === 'return')?.args;

/** True where a block answers with a refusal alone. */
const refuses = (block: readonly Directive[] | undefined): boolean => /^4\d\d$/.test(returnOf(block)?.[0] ?? '');

const sendsToTls = (block: readonly Directive[] | undefined): boolean => {
  const [first = '', second] = returnOf(block) ?? [];
  if (/^30[12378]$/.test(first) && (second ?? '').startsWith('https://')) return true;
  if (first.startsWith('https://')) return true;
  return (block ?? []).some(
    ({ name, args }) => name === 'rewrite' && (args[1] ?? '').startsWith('https://') && (args[0] ?? '').startsWith('^'),
  );
};

/** True where nobody gets anything from the server: it closes the connection, or answers with a refusal. */
export const isRejecting = ({ scope, listens }: VirtualServer): boolean => {
  const { block } = scope.directive;
  const handshake = settingOf(scope, 'ssl_reject_handshake')?.args[0] === 'on';
  return refuses(block) || (handshake && listens.every(({ tls }) => tls));
};

/** True where the server sends everybody on to HTTPS, or away; challenges of ACME may be served (RFC 8555, 8.3). */
export const isRedirecting = (server: VirtualServer): boolean => {
  const { block } = server.scope.directive;
  if (isRejecting(server) || sendsToTls(block)) return true;
  const locations = server.inner.filter(({ directive }) => directive.name === 'location');
  return (
    locations.some(({ directive }) => directive.args.join(' ') === '/') &&
    locations.every(
      ({ directive }) =>
        /^(?:\^~ |= )?\/\.well-known\/acme-challenge/.test(directive.args.join(' ')) ||
        sendsToTls(directive.block) ||
        refuses(directive.block),
    )
  );
};

/** True where the redirect goes to names of the configuration, whatever host the caller asked for. */
export const redirectsToFixedName = (server: VirtualServer): boolean =>
  isRedirecting(server) &&
  !server.scope.directive.block?.some(({ args }) => args.some((arg) => /\$(?:http_)?\{?host/.test(arg)));

/** The server that answers where no name fits, of each address and port. Source: "How nginx processes a request". */
export const defaultServers = (
  servers: readonly VirtualServer[],
): readonly { readonly listen: Listen; readonly server: VirtualServer }[] => {
  const pairs = servers.flatMap((server) => server.listens.map((listen) => ({ listen, server })));
  return [...Map.groupBy(pairs, ({ listen }) => `${listen.address} ${listen.port ?? ''}`).values()].flatMap(
    (group) => group.find(({ listen }) => listen.isDefault) ?? group.slice(0, 1),
  );
};

/** True where a scope hands out something: files, or answers of others. */
export const isServing = ({ directive }: Scope): boolean =>
  returnOf(directive.block) === undefined || !(refuses(directive.block) || sendsToTls(directive.block));
