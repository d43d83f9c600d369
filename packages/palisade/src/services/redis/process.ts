import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import { messageOf } from '../../support/errors.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { administrator } from './accounts.ts';
import { clusterOf } from './cluster.ts';
import { parseConfigurationFile, quoteValue } from './configuration-file.ts';
import { error } from './errors.ts';
import { joinCluster, type Peer } from './join-cluster.ts';
import { busPort, containerPort, dataDirectory, hardenedEntrypoint, readCommand, speaksTls } from './posture.ts';
import { reload } from './reload.ts';
import { type Ask, type Channel, converse, listens } from './wire.ts';

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw error('redis/file-unreadable', { file, reason: messageOf(thrown) }, thrown);
  }
};

const serverProgram = (context: ProcessContext): string => {
  const found = context.program('redis-server') ?? context.program('valkey-server');
  if (found === undefined) throw error('redis/server-not-installed', { service: context.service.name });
  return found;
};

/** What this machine decides instead of the stack: addresses, ports, and who else may listen. */
const decidedHere =
  /^(?:port|tls-port|bind|bind-source-addr|unixsocket|cluster-port|cluster-announce-.*|dir|daemonize|supervised|pidfile|logfile|aclfile)$/;

/** The directory in which the init script leaves what the local administrator and replication log in with. */
const credentials = ({ layout, service }: ProcessContext): string =>
  join(layout.stateDirectory, `palisade-${service.name}`);

const accountFile = (context: ProcessContext): string =>
  join(context.layout.path(dataDirectory(context.stack, context.service)), 'users.acl');

const clientPort = ({ stack, service, layout }: ProcessContext): number =>
  layout.port(service.name, containerPort(stack, service));

/** Writes the configuration of the stack with paths and ports of this machine; resolves to its path. */
const configurationFile = async (context: ProcessContext): Promise<string> => {
  const { stack, service, layout } = context;
  const command = readCommand(service.command?.value ?? []);
  const text = command?.file === undefined ? '' : await readText(layout.path(command.file));
  const given = [...parseConfigurationFile(text).directives, ...(command?.directives ?? [])];
  const value = (name: string): string | undefined => given.findLast((each) => each.name === name)?.values.join(' ');
  const here = (each: string): string =>
    each.startsWith(`/dev/shm/palisade-${service.name}/`)
      ? join(credentials(context), each.slice(`/dev/shm/palisade-${service.name}/`.length))
      : layout.text(each);
  const tls = speaksTls(stack, service);
  const bus = busPort(stack, service);
  const lines = [
    ...given
      .filter(({ name }) => !decidedHere.test(name))
      .map(({ name, values }) => {
        const [host = '', port = ''] = name === 'replicaof' ? values : [];
        const address = layout.text(`${host}:${port}`).split(':');
        const words = name === 'replicaof' && host !== '' ? address : values.map(here);
        return `${name} ${words.map(quoteValue).join(' ') || '""'}`;
      }),
    'bind 127.0.0.1',
    `port ${tls ? 0 : clientPort(context)}`,
    ...(tls ? [`tls-port ${clientPort(context)}`] : []),
    ...(bus === undefined ? [] : [`cluster-port ${layout.port(service.name, bus)}`, 'cluster-announce-ip 127.0.0.1']),
    // All names of this machine's nodes are one, which their certificates hold too.
    ...(value('cluster-announce-hostname') === undefined ? [] : ['cluster-announce-hostname localhost']),
    `dir ${quoteValue(layout.path(dataDirectory(stack, service)))}`,
    ...(value('aclfile') === undefined ? [] : [`aclfile ${quoteValue(accountFile(context))}`]),
    'daemonize no',
    'logfile ""',
  ];
  const path = join(layout.stateDirectory, 'redis.conf');
  await writeFileAtomically(path, `${lines.join('\n')}\n`, { mode: 0o600, ...context.account });
  return path;
};

/** The way of the local administrator to the server: with the node's own identity, where there is TLS. */
const channelOf = async (context: ProcessContext): Promise<Channel> => {
  const { stack, service, layout } = context;
  const endpoint = { host: '127.0.0.1', port: clientPort(context) };
  if (!speaksTls(stack, service)) return { endpoint };
  const identity = existsSync(layout.path('/client-certs/cert.pem')) ? '/client-certs' : '/certs';
  return {
    endpoint,
    tls: {
      ca: await readText(layout.path('/certs/ca.pem')),
      cert: await readText(layout.path(`${identity}/cert.pem`)),
      key: await readText(layout.path(`${identity}/key.pem`)),
      servername: service.name,
    },
  };
};

const login = async (context: ProcessContext, ask: Ask): Promise<void> => {
  const file = join(credentials(context), 'password');
  if (hardenedEntrypoint(context.service) === undefined || !existsSync(file)) return;
  const reply = await ask('AUTH', administrator, await readText(file));
  if (reply.type === 'error')
    throw error('redis/not-reachable', { service: context.service.name, reason: 'the administrator is refused' });
};

/** Nodes of the cluster that listen; one that was not started yet joins by itself. */
const peersOf = async (context: ProcessContext, signal: AbortSignal): Promise<readonly Peer[]> => {
  const { stack, service, layout } = context;
  const peers: Peer[] = [];
  for (const other of clusterOf(stack, service)) {
    const bus = busPort(stack, other);
    if (other.name === service.name || bus === undefined) continue;
    try {
      const endpoint = { host: '127.0.0.1', port: layout.port(other.name, containerPort(stack, other)) };
      const peer = { endpoint, bus: layout.port(other.name, bus) };
      if (await listens({ host: endpoint.host, port: peer.bus }, signal)) peers.push(peer);
    } catch {
      signal.throwIfAborted();
      // A node without ports has not been started yet.
    }
  }
  return peers;
};

/** Resolves where the server answers; a node of a cluster joins the others, and the last one waits until the cluster serves. */
const ready = async (context: ProcessContext, signal: AbortSignal): Promise<void> => {
  const { stack, service } = context;
  await converse(await channelOf(context), signal, async (ask) => {
    await login(context, ask);
    const answer = await ask('PING');
    // Whether a password of the user's own is asked for is no matter: the server is up.
    if (answer.type === 'error') {
      if (answer.text.startsWith('NOAUTH')) return;
      throw error('redis/not-reachable', { service: service.name, reason: answer.text });
    }
    const cluster = clusterOf(stack, service);
    if (cluster.length === 0) return;
    const peers = await peersOf(context, signal);
    const place = cluster.findIndex(({ name }) => name === service.name);
    const serves = await joinCluster(ask, { service: service.name, place, nodes: cluster.length, peers });
    if (peers.length === cluster.length - 1 && !serves)
      throw error('redis/not-reachable', { service: service.name, reason: 'the cluster does not serve yet' });
  });
};

const plan = async (context: ProcessContext): Promise<ProcessPlan> => {
  const { service, layout } = context;
  const server = serverProgram(context);
  const configuration = await configurationFile(context);
  // An image has its volume also where the project names none.
  await mkdir(layout.path(dataDirectory(context.stack, service)), { recursive: true, mode: 0o700 });
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: layout.stateDirectory,
    ...context.environment,
  };
  const script = hardenedEntrypoint(service);
  return {
    prepare: [],
    run:
      script === undefined
        ? { program: server, args: [configuration], environment }
        : {
            program: '/bin/sh',
            // The stack's own init script, with the server itself where the image has its entry point.
            args: [layout.path(script), configuration],
            environment: {
              ...environment,
              PALISADE_ENTRYPOINT: server,
              PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
              PALISADE_ACCOUNT_FILE: accountFile(context),
            },
          },
    ready: (signal) => ready(context, signal),
  };
};

/**
 * A client program as the local administrator. The password reaches redis-cli through its environment, which the account
 * of the server alone may look at, as it may at the file; an argument would be everybody's to read.
 */
const client = (context: ProcessContext, command: readonly string[]): ProcessCommand => {
  const [name = 'redis-cli', ...args] = command;
  const program = context.program(name) ?? (name === 'valkey-cli' ? context.program('redis-cli') : undefined);
  if (program === undefined) throw error('redis/server-not-installed', { service: context.service.name });
  const { stack, service, layout } = context;
  const isClient = /^(?:redis|valkey)-cli$/.test(name);
  const tls = speaksTls(stack, service)
    ? [
        '--tls',
        '--cacert',
        layout.path('/certs/ca.pem'),
        '--cert',
        layout.path('/client-certs/cert.pem'),
        '--key',
        layout.path('/client-certs/key.pem'),
      ]
    : [];
  const environment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: layout.stateDirectory };
  const password = join(credentials(context), 'password');
  const own = isClient ? ['-h', '127.0.0.1', '-p', String(clientPort(context)), ...tls] : [];
  if (!isClient || hardenedEntrypoint(service) === undefined) return { program, args: [...own, ...args], environment };
  return {
    program: '/bin/sh',
    args: [
      '-c',
      'REDISCLI_AUTH=$(cat "$0") || exit; export REDISCLI_AUTH; exec "$@"',
      password,
      program,
      '--no-auth-warning',
      '--user',
      administrator,
      ...own,
      ...args,
    ],
    environment,
  };
};

/**
 * Runs the server that is installed, in either posture, and makes one cluster of the nodes. No signal makes a server read new
 * certificates; a command of its administrator does.
 */
export const processCapability: ProcessCapability = {
  account: 'redis',
  ports: (service, stack) => {
    const bus = busPort(stack, service);
    return [containerPort(stack, service), ...(bus === undefined ? [] : [bus])];
  },
  plan,
  reload,
  client,
};
