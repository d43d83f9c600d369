import { stringify } from 'yaml';
import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import {
  allSettings,
  containerPort,
  dataDirectory,
  hardenedEntrypoint,
  replicaSet,
  settingsOf,
  valueOf,
} from './posture.ts';

/** Where the directory of the configuration stands in the container. */
export const configurationDirectory = '/etc/mongo';

/** Connections of one server, where the user has no tighter limit. The default is a million. */
export const mostConnections = 1000;

/** The tmpfs directory in which the init script leaves certificates with their keys, and passwords. */
export const runtimeDirectory = (service: Service): string => `/dev/shm/palisade-${service.name}`;

/** Socket of the server that runs for the moment in which the administrator is made. */
export const firstStartSocket = (service: Service): string => `${runtimeDirectory(service)}/first-start.sock`;

/** Settings that the hardened posture decides, or that only weaken it. */
const decided =
  /^(?:net\.(?:port|bindIp|bindIpAll|ipv6|maxIncomingConnections|listenBacklog|unixDomainSocket\..*|tls\..*|http\..*)|security\.(?:authorization|keyFile|clusterAuthMode|transitionToAuth|javascriptEnabled)|setParameter\.(?:enableLocalhostAuthBypass|authenticationMechanisms|tls.*|opensslCipher.*|enableTestCommands|transitionToAuth)|systemLog\..*|processManagement\..*|storage\.dbPath)$/;

type Tree = { [key: string]: string | number | boolean | Tree };

/** A text as the YAML value that it stands for. */
export const typed = (value: string): string | number | boolean =>
  value === 'true' || value === 'false'
    ? value === 'true'
    : /^-?\d{1,15}(?:\.\d+)?$/.test(value)
      ? Number(value)
      : value;

/** Settings by dotted name as the mapping that the file holds. */
export const nested = (settings: readonly (readonly [name: string, value: string | number | boolean])[]): Tree => {
  const tree: Tree = {};
  for (const [name, value] of settings) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let place = tree;
    for (const key of path) {
      const inner = place[key];
      const next: Tree = typeof inner === 'object' ? inner : {};
      place[key] = next;
      place = next;
    }
    place[last] = value;
  }
  return tree;
};

type Lines = readonly (readonly [name: string, value: string | number | boolean])[];

/** The user's own settings that are taken over. */
const kept = (stack: Stack, service: Service): Lines => {
  const read = allSettings(stack, service);
  return (read.state === 'known' ? read.entries : [])
    .filter(({ name }) => !decided.test(name))
    .map(({ name, value }) => [name, typed(value)]);
};

/**
 * The addresses that the user names, where the service is in the network of the host and they decide who may connect;
 * undefined where the init script adds those of the container, which the hardened file says by `localhost` alone.
 */
export const hostAddresses = (stack: Stack, service: Service): string | undefined => {
  if (!sharesHostNetwork(stack, service)) return undefined;
  const setting = settingsOf(stack, service);
  const own = valueOf(setting('net.bindIp'), '');
  if (valueOf(setting('net.bindIpAll'), 'false') === 'true' || own === '') return undefined;
  if (own !== undefined && own.split(',').some((address) => ['*', '0.0.0.0', '::'].includes(address.trim())))
    return undefined;
  if (own === 'localhost' && hardenedEntrypoint(service) !== undefined) return undefined;
  return own === undefined || own === 'localhost' ? '127.0.0.1' : own;
};

const transport = (stack: Stack, service: Service): Lines => [
  // The number stays, so that the mappings and addresses of the stack go on to work, with TLS.
  ['net.port', containerPort(stack, service)],
  ['net.bindIp', hostAddresses(stack, service) ?? 'localhost'],
  ['net.unixDomainSocket.enabled', false],
  ['net.tls.mode', 'requireTLS'],
  ['net.tls.certificateKeyFile', `${runtimeDirectory(service)}/server.pem`],
  ['net.tls.clusterFile', `${runtimeDirectory(service)}/client.pem`],
  ['net.tls.CAFile', '/certs/ca.pem'],
  ['net.tls.allowConnectionsWithoutCertificates', false],
  ['net.tls.disabledProtocols', 'TLS1_0,TLS1_1'],
];

const limits = (stack: Stack, service: Service): Lines => {
  const own = Number(valueOf(settingsOf(stack, service)('net.maxIncomingConnections'), ''));
  return [['net.maxIncomingConnections', own > 0 && own < mostConnections ? own : mostConnections]];
};

const access = (stack: Stack, service: Service): Lines => [
  ['security.authorization', 'enabled'],
  ...(replicaSet(stack, service) === undefined
    ? []
    : ([
        ['security.clusterAuthMode', 'keyFile'],
        ['security.keyFile', `${runtimeDirectory(service)}/member.key`],
      ] as const)),
  ['security.javascriptEnabled', false],
  ['setParameter.enableLocalhostAuthBypass', false],
  ['setParameter.authenticationMechanisms', 'SCRAM-SHA-256'],
];

const log: Lines = [
  ['systemLog.verbosity', 0],
  ['systemLog.quiet', false],
];

/** The hardened `mongod.conf`. Settings of the user's that neither it decides nor weaken it (storage, replication) are kept. */
export const renderConfiguration = (stack: Stack, service: Service): string =>
  `# ${service.name} in its production posture: TLS alone, with a client certificate, and nobody without a login.
${hostAddresses(stack, service) === undefined ? "# The init script adds the addresses of the container's own networks to bindIp. Written" : '# Written'} by Palisade.
${stringify(
  nested([
    ...kept(stack, service),
    ...transport(stack, service),
    ...limits(stack, service),
    ...access(stack, service),
    ['storage.dbPath', dataDirectory(stack, service)],
    ...log,
  ]),
)}`;

/** The configuration of the server that only the init script can reach, through a socket in its own tmpfs. */
export const renderFirstStart = (stack: Stack, service: Service): string =>
  `# ${service.name} for the moment in which its administrator is made: no port, one socket that only its account reaches.
# Written by Palisade.
${stringify(
  nested([
    ...kept(stack, service).filter(([name]) => name.startsWith('storage.')),
    ['net.bindIp', firstStartSocket(service)],
    ['storage.dbPath', dataDirectory(stack, service)],
  ]),
)}`;
