import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { tlsSuites } from '../../support/tls-suites.ts';
import { replicates } from './cluster.ts';
import { quoteValue } from './configuration-file.ts';
import { majorVersion, productOf } from './image.ts';
import { busPort, containerPort, dataDirectory, directivesOf, isOwnInclude, settingsOf, valueOf } from './posture.ts';

/** Where the directory of the configuration stands in the container. */
export const configurationDirectory = '/etc/redis';

/** Connections of one server, where the user has no tighter limit. */
export const mostClients = 1000;

/** Directives that the hardened posture decides, that only weaken it, or that the list of accounts replaces. */
const dropped =
  /^(?:port|bind|bind-source-addr|unixsocket.*|tls-.*|protected-mode|enable-.*-command|enable-protected-configs|requirepass|user|aclfile|acl-pubsub-default|masterauth|masteruser|primaryauth|primaryuser|rename-command|loglevel|logfile|syslog-.*|daemonize|supervised|pidfile|cluster-announce-.*|cluster-port|cluster-preferred-endpoint-type|maxclients|tcp-keepalive|client-output-buffer-limit|client-query-buffer-limit|maxmemory-clients|dir)$/;

type Lines = readonly (readonly [name: string, value: string])[];

/** True where the server knows the directives of Redis 7. */
export const knowsSeven = (service: Service): boolean =>
  productOf(service) === 'valkey' || (majorVersion(service) ?? 7) >= 7;

/** The file with the credential for replication, which the init script writes to a tmpfs. */
export const replicationFile = (service: Service): string => `/dev/shm/palisade-${service.name}/replication.conf`;

/** The list of accounts; in the data, so that accounts of consumers survive a restart. It holds hashes alone. */
export const accountFile = (stack: Stack, service: Service): string => `${dataDirectory(stack, service)}/users.acl`;

const transport = (stack: Stack, service: Service): Lines => [
  ['port', '0'],
  // The number stays, so that the mappings, addresses and health checks of the stack go on to work, with TLS.
  ['tls-port', String(containerPort(stack, service))],
  ['tls-cert-file', '/certs/cert.pem'],
  ['tls-key-file', '/certs/key.pem'],
  ['tls-client-cert-file', '/client-certs/cert.pem'],
  ['tls-client-key-file', '/client-certs/key.pem'],
  ['tls-ca-cert-file', '/certs/ca.pem'],
  ['tls-auth-clients', 'yes'],
  ['tls-replication', 'yes'],
  ['tls-cluster', 'yes'],
  ['tls-protocols', '"TLSv1.2 TLSv1.3"'],
  ['tls-ciphers', tlsSuites.join(':')],
  ['tls-prefer-server-ciphers', 'yes'],
];

const access = (stack: Stack, service: Service): Lines => [
  ['protected-mode', 'yes'],
  ['aclfile', accountFile(stack, service)],
  ...(replicates(stack, service) ? [['include', replicationFile(service)] as const] : []),
  ...(knowsSeven(service)
    ? ([
        ['enable-debug-command', 'no'],
        ['enable-module-command', 'no'],
        ['enable-protected-configs', 'no'],
      ] as const)
    : []),
];

const limits = (stack: Stack, service: Service): Lines => {
  const own = Number(valueOf(settingsOf(stack, service)('maxclients'), ''));
  return [
    ['maxclients', String(own > 0 && own < mostClients ? own : mostClients)],
    ['tcp-keepalive', '60'],
    ['client-query-buffer-limit', '128mb'],
    ['client-output-buffer-limit', 'normal 256mb 64mb 60 replica 256mb 64mb 60 pubsub 32mb 8mb 60'],
  ];
};

/** Nodes tell clients their names, so that a client that is sent on can verify the other node's certificate. */
const announced = (stack: Stack, service: Service): Lines =>
  busPort(stack, service) === undefined || !knowsSeven(service)
    ? []
    : [
        ['cluster-announce-hostname', service.name],
        ['cluster-preferred-endpoint-type', 'hostname'],
      ];

/**
 * The hardened `redis.conf`. Directives of the user's that neither it decides nor weaken it (persistence, memory, cluster)
 * are carried over and come first, because the last one wins.
 */
export const renderConfiguration = (stack: Stack, service: Service): string => {
  const read = directivesOf(stack, service);
  const kept = (read.state === 'known' ? read.directives : []).filter(
    ({ name, values }) =>
      // In the network of the host, the address decides who may connect: it stays as narrow as the user has it.
      (!dropped.test(name) || (name === 'bind' && sharesHostNetwork(stack, service))) &&
      !(name === 'include' && isOwnInclude(values[0] ?? '')),
  );
  const sections: readonly (readonly [title: string, lines: Lines])[] = [
    ['As before', kept.map(({ name, values }) => [name, values.map(quoteValue).join(' ') || '""'])],
    ['TLS alone, with a client certificate, also between nodes', transport(stack, service)],
    ['Who gets in: accounts of the list alone', access(stack, service)],
    ['Limits', limits(stack, service)],
    ['Names instead of addresses', announced(stack, service)],
    [
      'Data and log',
      [
        ['dir', dataDirectory(stack, service)],
        ['loglevel', 'notice'],
        ['logfile', '""'],
      ],
    ],
  ];
  return `# ${service.name} in its production posture. Written by Palisade.
${sections
  .filter(([, lines]) => lines.length > 0)
  .map(([title, lines]) => `\n# ${title}.\n${lines.map(([name, value]) => `${name} ${value}\n`).join('')}`)
  .join('')}`;
};
