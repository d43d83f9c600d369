import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import { messageOf } from '../../support/errors.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { administrator, runtimeDirectory } from './configuration.ts';
import { error } from './errors.ts';
import { parseList } from './ini.ts';
import { configurationFile, containerPort, hardenedEntrypoint, postureOf } from './posture.ts';
import { askPlaintext } from './wire.ts';

const programOf = ({ program, service }: ProcessContext, name: string): string => {
  const found = program(name);
  if (found === undefined) throw error('pgbouncer/not-installed', { service: service.name, program: name });
  return found;
};

const port = ({ layout, service, stack }: ProcessContext): number =>
  layout.port(service.name, containerPort(stack, service));

const credentials = (context: ProcessContext): string =>
  join(context.layout.stateDirectory, `palisade-${context.service.name}`);

/** The stack's own configuration with the paths and addresses of this host; it listens on loopback alone. */
const localConfiguration = async (context: ProcessContext): Promise<string> => {
  const { layout, service } = context;
  const path = layout.path(configurationFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw error('pgbouncer/file-unreadable', { file: path, reason: messageOf(thrown) }, thrown);
  }
  const own = /^\s*(listen_addr|listen_port|unix_socket_dir|logfile|pidfile|user)\s*=/i;
  const lines = layout
    .text(text)
    .replaceAll(runtimeDirectory(service), credentials(context))
    .split('\n')
    .flatMap((line) => {
      if (own.test(line)) return [];
      return /^\s*\[pgbouncer\]\s*$/i.test(line)
        ? [line, 'listen_addr = 127.0.0.1', `listen_port = ${port(context)}`, 'unix_socket_dir =']
        : [line];
    });
  return lines.join('\n');
};

const plan = async (context: ProcessContext): Promise<ProcessPlan> => {
  const { layout, service, environment, account } = context;
  const server = programOf(context, 'pgbouncer');
  const file = join(layout.stateDirectory, 'pgbouncer.ini');
  await writeFileAtomically(file, await localConfiguration(context), { mode: 0o600, ...account });
  const script = hardenedEntrypoint(service);
  const base = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
  const endpoint = { host: '127.0.0.1', port: port(context) };
  return {
    prepare: [],
    run:
      script === undefined
        ? { program: server, args: [file], environment: base }
        : {
            program: '/bin/sh',
            args: [layout.path(script), server, file],
            environment: {
              ...base,
              ...environment,
              PALISADE_ENTRYPOINT: layout.path('/init/start.sh'),
              PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
            },
          },
    ready: async (signal) => {
      // A refusal counts: it comes from a pooler that works.
      await askPlaintext({ endpoint, user: 'palisade', database: 'pgbouncer' }, signal).catch((thrown: unknown) => {
        throw error('pgbouncer/not-reachable', { service: service.name, reason: messageOf(thrown) }, thrown);
      });
    },
    // Ends at once; SIGTERM would wait for every client to leave since version 1.23.
    stopSignal: 'SIGQUIT',
    reloadSignal: 'SIGHUP',
  };
};

/** A client on the console, with the account that only this host's files tell. */
const client = (context: ProcessContext, [name = 'psql', ...args]: readonly string[]): ProcessCommand => {
  const { layout, service, stack } = context;
  const posture = postureOf(stack, service);
  const [first = 'pgbouncer'] = posture.state === 'known' ? parseList(posture.setting('admin_users').value) : [];
  const common = {
    PATH: '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: layout.stateDirectory,
    PGHOST: 'localhost',
    PGHOSTADDR: '127.0.0.1',
    PGPORT: String(port(context)),
    PGDATABASE: 'pgbouncer',
    PGCONNECT_TIMEOUT: '5',
  };
  const identity: Readonly<Record<string, string>> =
    hardenedEntrypoint(service) === undefined
      ? { PGUSER: first, PGSSLMODE: 'disable' }
      : {
          PGUSER: administrator(service),
          PGPASSFILE: join(credentials(context), 'pgpass'),
          PGSSLMODE: 'verify-full',
          PGSSLROOTCERT: layout.path('/certs/ca.pem'),
          PGSSLCERT: layout.path('/client-certs/cert.pem'),
          PGSSLKEY: layout.path('/client-certs/key.pem'),
        };
  return { program: programOf(context, name), args, environment: { ...common, ...identity } };
};

/** Runs the pooler that is installed, in either posture. It refuses to run as root, as PostgreSQL does. */
export const processCapability: ProcessCapability = {
  ports: (service, stack) => [containerPort(stack, service)],
  leftOut: (service, stack) => {
    const posture = postureOf(stack, service);
    return posture.state === 'unknown' ? posture.why : undefined;
  },
  plan,
  client,
};
