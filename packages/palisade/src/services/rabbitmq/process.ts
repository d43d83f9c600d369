import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { quoteValue } from './configuration-file.ts';
import { error } from './errors.ts';
import { type Listener, distributionPort, epmdPort, listenersFor, listenersOf } from './listeners.ts';
import { dataDirectory, hardenedEntrypoint, pluginsOf, readSettings } from './posture.ts';
import { reload } from './reload.ts';

/** Where Debian keeps the programs themselves; those on the path insist on an account and a directory of their own. */
const debianPrograms = '/usr/lib/rabbitmq/bin';

const programOf = (context: ProcessContext, name: string): string => {
  const found = context.program(name);
  const beside = join(debianPrograms, name);
  if (found !== undefined && existsSync(beside)) return beside;
  if (found === undefined) throw error('rabbitmq/server-not-installed', { service: context.service.name });
  return found;
};

/** What this machine decides instead of the stack: addresses, ports, where the log goes. */
const decidedHere =
  /^(?:listeners\.|(?:management|prometheus|web_mqtt|web_stomp)\.(?:tcp\..*|listener\..*|ssl\.(?:port|ip))|(?:mqtt|stomp|stream)\.listeners|distribution\.listener|log\.(?:file|dir|console$)|default_user$)/;

/** Settings that the servers of this machine, of version 3, do not know; they refuse a file that holds one. */
const ofVersionFour = /^(?:anonymous_login_|deprecated_features\.|message_interceptors\.|cluster_tags\.|node_tags\.)/;

const prefixes: Readonly<Record<string, string>> = {
  amqp: 'listeners',
  mqtt: 'mqtt.listeners',
  stomp: 'stomp.listeners',
  stream: 'stream.listeners',
  management: 'management',
  prometheus: 'prometheus',
  'web-mqtt': 'web_mqtt',
  'web-stomp': 'web_stomp',
};

const listenerLines = (context: ProcessContext, listeners: readonly Listener[]): readonly string[] =>
  [...new Set(listeners.map(({ protocol }) => protocol))].flatMap((protocol) => {
    const prefix = prefixes[protocol] ?? protocol;
    const own = listeners.filter((listener) => listener.protocol === protocol);
    const inSections = !prefix.endsWith('listeners');
    const lines = own.flatMap(({ tls, port }, index) => {
      const here = context.layout.port(context.service.name, port);
      const transport = tls ? 'ssl' : 'tcp';
      return inSections
        ? [`${prefix}.${transport}.ip = 127.0.0.1`, `${prefix}.${transport}.port = ${here}`]
        : [`${prefix}.${transport}.${index + 1} = 127.0.0.1:${here}`];
    });
    return [...(inSections || own.some(({ tls }) => !tls) ? [] : [`${prefix}.tcp = none`]), ...lines];
  });

const listenersHere = ({ stack, service }: ProcessContext): readonly Listener[] => {
  const found = listenersOf(stack, service);
  if (found.state === 'unknown')
    throw error('rabbitmq/configuration-unknown', { service: service.name, reason: found.why });
  return found.listeners;
};

/** Writes the configuration of the stack with paths and ports of this machine, and the list of plugins. */
const writeConfiguration = async (context: ProcessContext): Promise<void> => {
  const { stack, service, layout, account } = context;
  const read = readSettings(stack, service);
  const settings = read.state === 'known' ? read.settings : [];
  const given = new Map(
    settings
      .filter(({ name }) => !decidedHere.test(name) && !ofVersionFour.test(name))
      .map(({ name, value }) => [name, quoteValue(layout.text(value))]),
  );
  const lines = [
    ...[...given].map(([name, value]) => `${name} = ${value}`),
    ...listenerLines(context, listenersHere(context)),
    'distribution.listener.interface = 127.0.0.1',
    'log.file = false',
    'log.console = true',
  ];
  const here = (name: string): string => join(layout.stateDirectory, name);
  await writeFileAtomically(here('rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600, ...account });
  const plugins = (pluginsOf(stack, service) ?? []).join(',');
  await writeFileAtomically(here('enabled_plugins'), `[${plugins}].\n`, { mode: 0o600, ...account });
  // In the foreground and beside the server, epmd belongs to the service and ends with it; started by the server it is a daemon.
  const script = `#!/bin/sh\nepmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" &\nexec rabbitmq-server\n`;
  await writeFileAtomically(here('start.sh'), script, { mode: 0o500, ...account });
};

/** Variables of the stack that would decide about ports, paths and names. */
const notHere =
  /^(?:RABBITMQ_(?:NODE_PORT|NODE_IP_ADDRESS|DIST_PORT|NODENAME|USE_LONGNAME|CONFIG_FILE|CONFIG_FILES|ADVANCED_CONFIG_FILE|ENABLED_PLUGINS_FILE|CONF_ENV_FILE|MNESIA_BASE|MNESIA_DIR|LOG_BASE|LOGS|PID_FILE|CTL_ERL_ARGS)|ERL_EPMD_PORT|ERL_EPMD_ADDRESS|ERL_INETRC|HOME|PATH|LANG)$/;

/** The environment of the server and of its tools: a node of its own name, epmd and data, on loopback alone. */
const environmentOf = (context: ProcessContext): Record<string, string> => {
  const { layout, service } = context;
  const home = layout.path(dataDirectory);
  return {
    PATH: `${dirname(programOf(context, 'rabbitmq-server'))}:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    HOME: home,
    ERL_EPMD_PORT: String(layout.port(service.name, epmdPort)),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // A dump of a crash would hold the cookie and messages.
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_NODENAME: 'rabbit@localhost',
    RABBITMQ_DIST_PORT: String(layout.port(service.name, distributionPort)),
    RABBITMQ_CONFIG_FILE: join(layout.stateDirectory, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(layout.stateDirectory, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(layout.stateDirectory, 'none.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(layout.stateDirectory, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(layout.stateDirectory, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CTL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
};

const plan = async (context: ProcessContext): Promise<ProcessPlan> => {
  const { stack, service, layout } = context;
  const listeners = listenersHere(context);
  await writeConfiguration(context);
  const environment = {
    ...Object.fromEntries(Object.entries(context.environment).filter(([name]) => !notHere.test(name))),
    ...environmentOf(context),
  };
  const script = hardenedEntrypoint(service);
  const start = join(layout.stateDirectory, 'start.sh');
  const [first] = listenersFor(stack, service, 'amqp');
  return {
    prepare: [],
    run:
      script === undefined
        ? { program: '/bin/sh', args: [start], environment }
        : {
            program: '/bin/sh',
            // The stack's own init script, with the start of this machine where the image has its entry point.
            args: [layout.path(script), start],
            environment: {
              ...environment,
              PALISADE_ENTRYPOINT: '/bin/sh',
              PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
            },
          },
    ready: async (signal) => {
      const { converse, listens } = await import('./wire.ts');
      for (const { protocol, tls, port } of listeners) {
        const endpoint = { host: '127.0.0.1', port: layout.port(service.name, port) };
        if (!(await listens(endpoint, signal)))
          throw error('rabbitmq/not-reachable', { service: service.name, reason: `no ${protocol} yet` });
        // The listener for clients is the last thing that a node starts.
        if (!tls && port === first?.port) await converse({ endpoint }, signal, () => Promise.resolve());
      }
    },
  };
};

const clientPrograms = new Set(['rabbitmqctl', 'rabbitmq-diagnostics', 'rabbitmq-plugins', 'rabbitmq-queues']);

/** A tool of the administrator, which the node knows by the cookie; no password is asked for. */
const client = (context: ProcessContext, command: readonly string[]): ProcessCommand => {
  const [name = 'rabbitmqctl', ...args] = command;
  const program = clientPrograms.has(name) ? programOf(context, name) : context.program(name);
  if (program === undefined) throw error('rabbitmq/server-not-installed', { service: context.service.name });
  return { program, args, environment: environmentOf(context) };
};

/**
 * Runs the server that is installed, in either posture, with an epmd of its own. No signal makes a node read new certificates;
 * its tool does.
 */
export const processCapability: ProcessCapability = {
  ports: (service: Service, stack: Stack) => {
    const found = listenersOf(stack, service);
    const listeners = found.state === 'known' ? found.listeners.map(({ port }) => port) : [5672];
    return [...new Set([...listeners, epmdPort, distributionPort])];
  },
  leftOut: (service, stack) => {
    const found = listenersOf(stack, service);
    return found.state === 'unknown' ? found.why : undefined;
  },
  plan,
  reload,
  client,
};
