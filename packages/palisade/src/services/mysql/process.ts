import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import { sha256, writeFileAtomically } from '../../support/files.ts';
import { administrator, writtenRootPassword } from './consumers.ts';
import { error } from './errors.ts';
import { firstStart } from './first-start.ts';
import { containerPort, dataDirectory, hardenedEntrypoint, optionsOf } from './posture.ts';
import { credentials, installedProduct, optionLines } from './process-options.ts';
import { reload } from './reload.ts';

/** Bytes that a socket's path may have, the final zero included. Source: unix(7). */
const longestSocketPath = 107;

const data = ({ layout, stack, service }: ProcessContext): string => layout.path(dataDirectory(stack, service));

/** The Unix socket: in the state directory, unless its path is too long for a socket. */
const socketPath = ({ layout }: ProcessContext): string => {
  const own = join(layout.stateDirectory, 'run', 'mysqld.sock');
  return Buffer.byteLength(own) < longestSocketPath
    ? own
    : join(tmpdir(), `palisade-${sha256(layout.stateDirectory).slice(0, 16)}`, 'mysqld.sock');
};

/** Where temporary tables go. A server removes at its start what it takes for its own from there: no two may share it. */
const scratch = ({ layout }: ProcessContext): string => join(layout.stateDirectory, 'tmp');

const installed = (context: ProcessContext, ...names: readonly string[]): string => {
  const found = names.map((name) => context.program(name)).find((program) => program !== undefined);
  if (found === undefined) throw error('mysql/server-not-installed', { service: context.service.name });
  return found;
};

const serverPort = ({ stack, service, layout }: ProcessContext): number =>
  layout.port(service.name, containerPort(stack, service));

const isHardened = ({ service }: ProcessContext): boolean => hardenedEntrypoint(service) !== undefined;

/** What the administrator's client reads its password from: the init script's file, or one with the written password. */
const clientFile = (context: ProcessContext): string =>
  join(isHardened(context) ? credentials(context) : context.layout.stateDirectory, 'client.cnf');

const writeOwn = async (context: ProcessContext, name: string, content: string): Promise<string> => {
  const path = join(context.layout.stateDirectory, name);
  await writeFileAtomically(path, content, { mode: 0o600, ...context.account });
  return path;
};

const configurationFile = async (context: ProcessContext, server: string): Promise<string> => {
  const lines = [
    '[mysqld]',
    ...(await optionLines(context, server)),
    `datadir=${data(context)}`,
    `socket=${socketPath(context)}`,
    `tmpdir=${scratch(context)}`,
    `pid_file=${join(context.layout.stateDirectory, 'run', 'mysqld.pid')}`,
    'bind_address=127.0.0.1',
    `port=${serverPort(context)}`,
  ];
  return writeOwn(context, 'my.cnf', `${lines.join('\n')}\n`);
};

/** Environment of the service without passwords: they go in through standard input. */
const environmentOf = (context: ProcessContext): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: context.layout.stateDirectory,
  TMPDIR: scratch(context),
  ...Object.fromEntries(
    Object.entries(context.environment).filter(([name]) => !/^(?:MYSQL|MARIADB)_.*PASSWORD/.test(name)),
  ),
});

const plan = async (context: ProcessContext): Promise<ProcessPlan> => {
  const { service, layout } = context;
  const server = installed(context, 'mariadbd', 'mysqld');
  const configuration = await configurationFile(context, server);
  const environment = environmentOf(context);
  const script = hardenedEntrypoint(service);
  const password = writtenRootPassword(service) ?? '';
  if (script === undefined)
    await writeOwn(
      context,
      'client.cnf',
      `[client]\nuser=${administrator.user}\npassword="${password.replaceAll('\\', '\\\\')}"\n`,
    );
  // What the development posture has left for its client holds a password that must not outlive it.
  else await rm(join(layout.stateDirectory, 'client.cnf'), { force: true });
  const args = [`--defaults-file=${configuration}`];
  const endpoint = { host: '127.0.0.1', port: serverPort(context) };
  return {
    prepare: [
      {
        program: '/bin/mkdir',
        args: ['-p', '-m', '0700', scratch(context), dirname(socketPath(context))],
        environment: {},
      },
      ...firstStart({
        service,
        server,
        configuration,
        environment,
        client: installed(context, 'mariadb', 'mysql'),
        install: (await installedProduct(server)) === 'mariadb' ? installed(context, 'mariadb-install-db') : undefined,
        data: data(context),
        socket: socketPath(context),
        initialisers: layout.path('/docker-entrypoint-initdb.d'),
        hardened: script !== undefined,
      }),
    ],
    run:
      script === undefined
        ? { program: server, args, environment }
        : {
            program: '/bin/sh',
            // The stack's own init script, with the server itself where the image has its entry point.
            args: [layout.path(script), ...args],
            environment: {
              ...environment,
              PALISADE_ENTRYPOINT: server,
              PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
              PALISADE_DATA_DIRECTORY: data(context),
            },
          },
    ready: async (signal) => (await import('./wire.ts')).awaitServer(endpoint, signal),
  };
};

/** Names of a client program in the images of either product. */
const otherNames: Readonly<Record<string, string>> = {
  mysql: 'mariadb',
  mysqladmin: 'mariadb-admin',
  mysqldump: 'mariadb-dump',
  mariadb: 'mysql',
  'mariadb-admin': 'mysqladmin',
  'mariadb-dump': 'mysqldump',
};

/** A client on the local socket as the administrator, whose password comes out of a file that the server's account owns. */
const client = (context: ProcessContext, command: readonly string[]): ProcessCommand => {
  const [name = 'mysql', ...args] = command;
  const other = otherNames[name];
  const program = installed(context, name, ...(other === undefined ? [] : [other]));
  const environment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: context.layout.stateDirectory };
  if (other === undefined) return { program, args, environment };
  return {
    program,
    args: [`--defaults-file=${clientFile(context)}`, `--socket=${socketPath(context)}`, ...args],
    environment,
  };
};

/** Runs the server that is installed, in either posture, on data that outlives the change from one to the other. */
export const processCapability: ProcessCapability = {
  account: 'mysql',
  ports: (service, stack) => [containerPort(stack, service)],
  leftOut: (service, stack) => {
    const read = optionsOf(stack, service);
    return read.state === 'unknown' ? `its options are not known: ${read.why}` : undefined;
  },
  plan,
  reload,
  client,
};
