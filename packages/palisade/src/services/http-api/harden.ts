import type { ComposeEdit } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import {
  appendToServiceKey,
  removeEnvironment,
  setEnvironment,
  setServiceKey,
  setTopLevelKey,
} from '../../model/edits.ts';
import { httpsMapping } from '../../model/https-mapping.ts';
import { leadToTls, publishedTls } from '../../model/published-ports.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { httpPort, httpsPort } from './matching.ts';
import {
  auditKeyOf,
  databaseOf,
  databasePortOf,
  isReferenceApi,
  issuesTokens,
  neighbourPrefixes,
  neighboursOf,
  postureVariable,
  signingKeysOf,
} from './reference-api.ts';

/** User and group of the image's service account. */
export const imageAccount = { uid: 1000, gid: 1000 } as const;

/** Directories of the identities in the container. */
const serverCertificates = '/certs';
const clientCertificates = '/client-certs';

/** Asks the service over TLS that is verified against the stack's authority; for a container without curl. */
const healthProgram = [
  "const { get } = require('node:https')",
  `const ca = require('node:fs').readFileSync('${serverCertificates}/ca.pem')`,
  `get({ host: 'localhost', port: ${httpsPort}, path: '/health', ca }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))`,
].join('; ');

/** The name of the database in a connection string, so that its account is used for that one. */
const databaseName = (service: Service, variable: string): string | undefined => {
  const url = URL.parse(service.environment.get(variable)?.value ?? '');
  const name = decodeURIComponent(url?.pathname.slice(1) ?? '');
  return name === '' ? undefined : name;
};

/** The identity that is shown to every server which is called. */
const clientIdentity = (stack: Stack, service: Service): readonly ComposeEdit[] =>
  databaseOf(stack, service) === undefined && neighboursOf(stack, service).length === 0
    ? []
    : appendToServiceKey(stack, service, ['volumes'], `./certs/${service.name}/client:${clientCertificates}:ro`);

const databaseEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const database = databaseOf(stack, service);
  if (database === undefined) return [];
  const name = databaseName(service, 'DATABASE_URL');
  return [
    ...removeEnvironment(stack, service, 'DATABASE_URL'),
    ...setEnvironment(
      stack,
      service,
      'DATABASE_ADDRESS',
      `${database.name}:${databasePortOf(stack, service, database)}`,
    ),
    ...(name === undefined ? [] : setEnvironment(stack, service, 'DATABASE_NAME', name)),
    ...setEnvironment(stack, service, 'DATABASE_VAULT_PATH', `${database.name}/${service.name}`),
    ...(database.kind === 'pgbouncer' ? setEnvironment(stack, service, 'DATABASE_POOLED', 'true') : []),
    ...setEnvironment(stack, service, 'DATABASE_TLS_DIRECTORY', clientCertificates),
  ];
};

/** Each neighbour by its address and the place of its login, instead of a connection string. */
const neighbourEdits = (stack: Stack, service: Service): readonly ComposeEdit[] =>
  neighboursOf(stack, service).flatMap(({ prefix, servers, port }) => {
    const name = databaseName(service, `${prefix}_URL`);
    const address = servers.map((server) => `${server.name}:${port}`).join();
    return [
      ...setEnvironment(stack, service, `${prefix}_ADDRESS`, address),
      ...(name === undefined ? [] : setEnvironment(stack, service, `${prefix}_NAME`, name)),
      ...setEnvironment(stack, service, `${prefix}_VAULT_PATH`, `${servers[0].name}/${service.name}`),
    ];
  });

/** Where the service keeps its audit log; on a volume of its own, so that it outlives the container. */
const stateDirectory = '/var/lib/reference-api';

const auditEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const volume = `${service.name}_data`;
  return [
    ...setTopLevelKey(stack, ['volumes', volume], null),
    ...appendToServiceKey(stack, service, ['volumes'], `${volume}:${stateDirectory}`),
    ...setEnvironment(stack, service, 'AUDIT_DIRECTORY', `${stateDirectory}/audit`),
    ...setEnvironment(stack, service, 'AUDIT_SIGNING_KEY_NAME', auditKeyOf(service)),
  ];
};

/** Where a gateway of the stack may have its address: engines take the networks of containers from the private ranges. */
const privateNetworks = '127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8';

/** Gateways of the stack that pass requests on to the service, by name. */
const gatewaysOf = (stack: Stack, service: Service): readonly string[] =>
  [...new Set(stack.edges.filter(({ to }) => to === service.name).map(({ from }) => from))].filter(
    (name) => stack.services.get(name)?.kind === 'nginx',
  );

/**
 * Lets the service count and record the callers of the gateway, not the gateway. Its address says little, as every service
 * on a bridge has one like it; that it is the gateway, its certificate says.
 */
const gatewayEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const gateways = gatewaysOf(stack, service);
  return gateways.length === 0
    ? []
    : [
        ...setEnvironment(stack, service, 'TRUSTED_PROXIES', privateNetworks),
        ...setEnvironment(stack, service, 'TRUSTED_PROXY_NAMES', gateways.map((name) => `DNS:${name}`).join()),
      ];
};

/** The port of the host on which the service is reached: the first gateway's, else its own. */
const publishedPort = (stack: Stack, service: Service): number => {
  const gateway = stack.services.get(gatewaysOf(stack, service)[0] ?? '');
  if (gateway !== undefined) return httpsMapping(stack, gateway).port ?? 443;
  return publishedTls(service, httpPort, httpsPort) ?? httpsPort;
};

const originAt = (port: number): string => `https://localhost${port === 443 ? '' : `:${port}`}`;

/**
 * Who the service is for those who hold its tokens, where its own signing keys lie. An origin that is there already is the
 * user's, who knows the real name.
 */
const issuerEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => [
  ...(service.environment.has('PUBLIC_ORIGIN')
    ? []
    : setEnvironment(stack, service, 'PUBLIC_ORIGIN', originAt(publishedPort(stack, service)))),
  ...(issuesTokens(stack, service)
    ? setEnvironment(stack, service, 'SIGNING_KEYS_VAULT_PATH', signingKeysOf(service))
    : []),
];

/** Switches that a laptop's environment turns on. What is unset stays unset. */
const switchedOff = (stack: Stack, service: Service): readonly ComposeEdit[] => [
  ...['DEBUG', 'ENABLE_DOCS'].flatMap((name) =>
    service.environment.has(name) ? setEnvironment(stack, service, name, 'false') : [],
  ),
  ...(service.environment.has('LOG_LEVEL') ? setEnvironment(stack, service, 'LOG_LEVEL', 'info') : []),
  // Connection strings hold passwords and name no identity; what is called stands in variables of its own.
  ...['CORS_ORIGINS', ...neighbourPrefixes.map((prefix) => `${prefix}_URL`)].flatMap((name) =>
    removeEnvironment(stack, service, name),
  ),
];

/**
 * Leads what is published of the former plain port to the TLS port. All stays where the service is told its port, and a
 * service that publishes nothing goes on publishing nothing.
 */
const portEdits = (stack: Stack, service: Service): readonly ComposeEdit[] =>
  service.environment.has('PORT') ? [] : leadToTls(stack, service, httpPort, httpsPort);

/**
 * The hardened posture of the reference API: AppRole instead of a token, verified TLS to its database and from its
 * callers, nothing switched on that helps an attacker. Empty for any other program, whose code decides what it does with
 * its environment, and once applied.
 */
export const harden = (stack: Stack, service: Service): readonly ComposeEdit[] =>
  isReferenceApi(service)
    ? [
        ...setEnvironment(stack, service, postureVariable, 'hardened'),
        ...vaultAccess(stack, service),
        ...databaseEdits(stack, service),
        ...neighbourEdits(stack, service),
        ...clientIdentity(stack, service),
        ...switchedOff(stack, service),
        ...auditEdits(stack, service),
        ...gatewayEdits(stack, service),
        ...issuerEdits(stack, service),
        ...setEnvironment(stack, service, 'TLS_DIRECTORY', serverCertificates),
        ...appendToServiceKey(stack, service, ['volumes'], `./certs/${service.name}/server:${serverCertificates}:ro`),
        ...portEdits(stack, service),
        ...setServiceKey(stack, service, ['healthcheck', 'test'], ['CMD', 'node', '-e', healthProgram]),
        ...setServiceKey(stack, service, ['user'], `${imageAccount.uid}:${imageAccount.gid}`),
      ]
    : [];
