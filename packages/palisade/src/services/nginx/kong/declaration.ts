import { requestBurst, requestRate, securityHeaders } from '../hardened/settings.ts';
import type { Header, KongRoute } from './routes.ts';

/** A plugin with its settings. */
export interface KongPlugin {
  readonly name: string;
  readonly config: { readonly [setting: string]: unknown };
}

/** A document that Kong 3.9 loads without a database (`declarative_config`). */
export interface KongDeclaration {
  readonly _format_version: '3.0';
  readonly services: readonly { readonly [field: string]: unknown }[];
  readonly routes: readonly { readonly [field: string]: unknown }[];
  readonly plugins: readonly KongPlugin[];
}

const line = ([name, value]: Header): string => `${name}:${value}`;

/** Sets headers of answers: an upstream's own of the same name goes first, so that each comes once. */
const answerHeaders = (headers: readonly Header[], gone: readonly string[]): KongPlugin => ({
  name: 'response-transformer',
  config: {
    remove: { headers: [...headers.map(([name]) => name), ...gone] },
    add: { headers: headers.map(line) },
  },
});

/** Headers that say who calls; an upstream believes them, so a caller's own never reach it. */
const believedHeaders = ['Forwarded', 'X-Client-Cert', 'X-SSL-Client-Cert', 'X-SSL-Client-Verify', 'X-SSL-Client-S-DN'];

/** Every request: limits, headers and the log, as the hardened nginx has them. */
const everywhere: readonly KongPlugin[] = [
  { name: 'correlation-id', config: { header_name: 'X-Request-ID', generator: 'uuid', echo_downstream: false } },
  {
    name: 'rate-limiting',
    // Counters in the memory of this node need no store that could fail; where somebody changes that, it refuses.
    config: { second: requestRate, limit_by: 'ip', policy: 'local', fault_tolerant: false, error_code: 429 },
  },
  { name: 'request-transformer', config: { remove: { headers: believedHeaders } } },
  answerHeaders(securityHeaders, ['X-Powered-By', 'Server']),
  {
    name: 'file-log',
    config: {
      path: '/dev/stdout',
      reopen: false,
      // Tokens and personal data travel in the query and in headers.
      custom_fields_by_lua: {
        'request.querystring': 'return nil',
        'request.url': 'return nil',
        'request.uri': 'return kong.request.get_path()',
        'request.headers': 'return nil',
        'response.headers': 'return nil',
        upstream_uri: 'return nil',
      },
    },
  },
];

const serviceOf = ({ name, upstream, timeouts }: KongRoute): { readonly [field: string]: unknown } => ({
  name,
  ...upstream,
  connect_timeout: timeouts.connect,
  read_timeout: timeouts.read,
  write_timeout: timeouts.write,
  // A request that changes something must not be sent twice.
  retries: 0,
  ...(upstream.protocol === 'https' ? { tls_verify: true, tls_verify_depth: 2 } : {}),
});

const ownPlugins = ({ bodySize, allow, deny, requestHeaders, responseHeaders }: KongRoute): readonly KongPlugin[] => [
  {
    name: 'request-size-limiting',
    config: { allowed_payload_size: bodySize, size_unit: 'bytes', require_content_length: false },
  },
  ...(allow.length === 0 && deny.length === 0
    ? []
    : [{ name: 'ip-restriction', config: allow.length > 0 ? { allow } : { deny } }]),
  ...(requestHeaders.length === 0
    ? []
    : [
        {
          // A plugin of a route stands in for the one of all routes, so it does what that does as well.
          name: 'request-transformer',
          config: {
            remove: { headers: [...believedHeaders, ...requestHeaders.map(([name]) => name)] },
            add: { headers: requestHeaders.filter(([, value]) => value !== '').map(line) },
          },
        },
      ]),
  ...(responseHeaders.every(([name, value]) =>
    securityHeaders.some(([own, its]) => own.toLowerCase() === name.toLowerCase() && its === value),
  )
    ? []
    : [answerHeaders(responseHeaders, ['X-Powered-By', 'Server'])]),
];

const routeOf = (route: KongRoute): { readonly [field: string]: unknown } => ({
  name: route.name,
  service: route.name,
  ...(route.hosts.length === 0 ? {} : { hosts: route.hosts }),
  paths: [route.path],
  protocols: ['https'],
  https_redirect_status_code: 301,
  strip_path: route.stripPath,
  // Kong takes the name that it asks an upstream's certificate for from the Host that it sends.
  preserve_host: route.upstream.protocol === 'http',
  plugins: ownPlugins(route),
});

/** Matches what does not begin with a text, for an engine of expressions without look-around. */
const anythingBut = (text: string): string =>
  Array.from(text, (character, index) => `${text.slice(0, index)}(?:[^${character}]|$)`).join('|');

/** Hidden files are nobody's business, but for what RFC 8615 keeps below `/.well-known/`. */
const hiddenFiles = (hosts: readonly string[]): { readonly [field: string]: unknown } => ({
  name: 'hidden-files',
  ...(hosts.length === 0 ? {} : { hosts }),
  paths: [String.raw`~/(?:.*/)?\.(?:${anythingBut('well-known/')})`],
  protocols: ['https'],
  https_redirect_status_code: 301,
  regex_priority: 100,
  plugins: [{ name: 'request-termination', config: { status_code: 404, message: 'Not found' } }],
});

/** The policy of the gateway as Kong's entities and plugins. Source: Kong Gateway 3.9, entity and plugin references. */
export const declarationOf = (routes: readonly KongRoute[]): KongDeclaration => ({
  _format_version: '3.0',
  services: routes.map(serviceOf),
  routes: [...routes.map(routeOf), hiddenFiles([...new Set(routes.flatMap(({ hosts }) => hosts))])],
  plugins: everywhere,
});

/** What Kong does otherwise than nginx, for who reads the export. */
export const differences: readonly string[] = [
  `Kong has no burst: ${requestRate} requests in each second of the clock, and no ${requestBurst} more at once.`,
  'Kong counts an IPv6 client by its address, not by its network of 64 bits.',
  'Kong answers an unknown host with 404 and its certificate; nginx refuses the handshake.',
  "Kong adds the caller's address to X-Forwarded-For: an upstream must believe the last address alone, or X-Real-IP.",
  "An upstream behind TLS sees its own name as Host; the caller's is in X-Forwarded-Host.",
];
