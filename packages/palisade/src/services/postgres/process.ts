import { existsSync, readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { messageOf } from '../../support/errors.ts';
import { run } from '../../support/exec.ts';
import { sha256, writeFileAtomically } from '../../support/files.ts';
import { parseConfigurationFile } from './configuration-file.ts';
import { containerPort } from './container-port.ts';
import { error } from './errors.ts';
import { administrator, dataDirectory, firstDatabase } from './image.ts';
import { commandSettings, hardenedEntrypoint } from './posture.ts';
import { firstStart } from './first-start.ts';

/** Where Debian keeps servers, one directory a major version. */
const debianServers = '/usr/lib/postgresql';

/** Bytes that a socket's path may have, the final zero included. Source: unix(7). */
const longestSocketPath = 107;

/** The directory of the server's programs: the one for existing data, else the newest. */
const programDirectory = async (context: ProcessContext): Promise<string> => {
  const versionFile = join(data(context), 'PG_VERSION');
  const existing = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : undefined;
  const majors = (await readdir(debianServers).catch(() => []))
    .map(Number)
    .filter((major) => existsSync(join(debianServers, String(major), 'bin', 'postgres')))
    .toSorted((a, b) => b - a);
  const major = existing === undefined ? majors[0] : majors.find((each) => each === existing);
  if (major !== undefined) return join(debianServers, String(major), 'bin');
  const program = context.program('postgres');
  if (program === undefined) throw error('postgres/server-not-installed', { service: context.service.name });
  return dirname(program);
};

const data = ({ layout, service }: ProcessContext): string => layout.path(dataDirectory(service));

/** The directory of the Unix socket: in the state directory, unless its path is too long for a socket. */
const socketDirectory = ({ layout }: ProcessContext): string => {
  const own = join(layout.stateDirectory, 'run');
  return Buffer.byteLength(join(own, '.s.PGSQL.65535.lock')) < longestSocketPath
    ? own
    : join(tmpdir(), `palisade-${sha256(layout.stateDirectory).slice(0, 16)}`);
};

/** Name of the account that the server will run as; peer authentication compares it. */
const accountName = ({ account }: ProcessContext): string | undefined =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.split(':')[2] === String(account.uid))
    ?.split(':')[0];

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw error('postgres/file-unreadable', { file, reason: messageOf(thrown) }, thrown);
  }
};

const writeOwn = async (context: ProcessContext, name: string, content: string): Promise<string> => {
  const path = join(context.layout.stateDirectory, name);
  await writeFileAtomically(path, content, { mode: 0o600, ...context.account });
  return path;
};

const serverVersion = async (programs: string): Promise<number> => {
  const { stdout } = await run(join(programs, 'postgres'), ['--version'], { timeout: 10_000 });
  return Number(/\)\s*(\d+)/.exec(stdout)?.[1] ?? 15);
};

/**
 * Settings of the command line: those of the stack's command, with the files that they name brought over to this host.
 * A server without pgAudit, or older than the JSON log, gets along without: the probe says so.
 */
const serverSettings = async (
  context: ProcessContext,
  programs: string,
): Promise<readonly (readonly [string, string])[]> => {
  const { layout, service } = context;
  const given = commandSettings(service.command?.value ?? []);
  const result = new Map(given.map(({ name, value }) => [name, layout.text(value)]));
  const path = given.findLast(({ name }) => name === 'config_file')?.value;
  if (path !== undefined) {
    const text = await readText(layout.path(path));
    result.set('config_file', await writeOwn(context, 'postgresql.conf', layout.text(text)));
    const setting = (name: string): string | undefined =>
      result.get(name) ?? parseConfigurationFile(text).settings.findLast((each) => each.name === name)?.value;
    const identities = setting('ident_file');
    if (identities !== undefined) {
      const user = accountName(context);
      const line = user === undefined ? '' : `palisade "${user}" "${administrator(service)}"\n`;
      const name = await writeOwn(context, 'pg_ident.conf', `${await readText(layout.path(identities))}${line}`);
      result.set('ident_file', name);
    }
    const libraries = (setting('shared_preload_libraries') ?? '').split(',').map((name) => name.trim());
    if (libraries.includes('pgaudit') && !existsSync(join(programs, '..', 'lib', 'pgaudit.so')))
      result.set('shared_preload_libraries', libraries.filter((name) => name !== 'pgaudit').join(','));
    if (/\bjsonlog\b/.test(setting('log_destination') ?? '') && (await serverVersion(programs)) < 15)
      result.set('log_destination', 'csvlog');
  }
  return [
    ...[...result].filter(
      ([name]) => !['port', 'listen_addresses', 'unix_socket_directories', 'data_directory'].includes(name),
    ),
    ['port', String(layout.port(service.name, containerPort(context.stack, service)))],
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', socketDirectory(context)],
    ['unix_socket_permissions', '0700'],
  ];
};

const environmentOf = (context: ProcessContext): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: context.layout.stateDirectory,
  ...context.environment,
  PGDATA: data(context),
});

const runCommand = (
  context: ProcessContext,
  programs: string,
  settings: readonly (readonly [string, string])[],
): ProcessCommand => {
  const server = join(programs, 'postgres');
  const args = ['-D', data(context), ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const script = hardenedEntrypoint(context.service);
  const { POSTGRES_PASSWORD: _password, ...environment } = environmentOf(context);
  return script === undefined
    ? { program: server, args, environment }
    : {
        program: '/bin/sh',
        // The stack's own init script, with the server itself where the image has its entry point.
        args: [context.layout.path(script), ...args],
        environment: {
          ...environment,
          PALISADE_ENTRYPOINT: server,
          PALISADE_RUNTIME_DIRECTORY: context.layout.stateDirectory,
        },
      };
};

const plan = async (context: ProcessContext): Promise<ProcessPlan> => {
  const programs = await programDirectory(context);
  const settings = await serverSettings(context, programs);
  const port = context.layout.port(context.service.name, containerPort(context.stack, context.service));
  return {
    prepare: firstStart({
      service: context.service,
      programs,
      data: data(context),
      sockets: socketDirectory(context),
      initialisers: context.layout.path('/docker-entrypoint-initdb.d'),
      environment: environmentOf(context),
      hardened: hardenedEntrypoint(context.service) !== undefined,
    }),
    run: runCommand(context, programs, settings),
    ready: async (signal) => (await import('./wire.ts')).awaitServer({ host: '127.0.0.1', port }, signal),
    // Fast shutdown: sessions are ended, the data is flushed. SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    reloadSignal: 'SIGHUP',
  };
};

const clientPrograms = new Set([
  'psql',
  'pg_dump',
  'pg_dumpall',
  'pg_restore',
  'pg_isready',
  'pg_basebackup',
  'pg_verifybackup',
]);

/** A client on the local socket, where the account of the server is the administrator. */
const client = (context: ProcessContext, command: readonly string[]): ProcessCommand => {
  const [name = 'psql', ...args] = command;
  const versionFile = join(data(context), 'PG_VERSION');
  const major = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : '';
  const beside = join(debianServers, major, 'bin', name);
  const program = clientPrograms.has(name) && existsSync(beside) ? beside : context.program(name);
  if (program === undefined) throw error('postgres/server-not-installed', { service: context.service.name });
  return {
    program,
    args,
    environment: {
      PATH: `${dirname(program)}:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
      HOME: context.layout.stateDirectory,
      PGHOST: socketDirectory(context),
      PGPORT: String(context.layout.port(context.service.name, containerPort(context.stack, context.service))),
      PGUSER: administrator(context.service),
      PGDATABASE: firstDatabase(context.service),
    },
  };
};

/** Runs the server that is installed, in either posture, on data that outlives the change from one to the other. */
export const processCapability: ProcessCapability = {
  account: 'postgres',
  ports: (service: Service, stack) => [containerPort(stack, service)],
  plan,
  client,
};
