import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ExecResult } from '../../contracts/runtime.ts';
import type { ProcessCapability, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import { messageOf } from '../../support/errors.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { readTasks } from './administer.ts';
import { readCommand } from './command.ts';
import { nested, typed } from './configuration.ts';
import { type Entry, parseConfigurationFile } from './configuration-file.ts';
import { administrator } from './consumers.ts';
import { error } from './errors.ts';
import { renderFerretDbAdministrator, scriptEnvironment, standIn } from './ferretdb.ts';
import {
  commandWords,
  containerPort,
  dataDirectory,
  firstAdministrator,
  hardenedEntrypoint,
  speaksTls,
} from './posture.ts';
import { type Channel, converse, isRefusal, logIn, reasonOf, succeeded } from './wire/session.ts';
import type { Document } from './wire/bson.ts';

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw error('mongodb/configuration-unreadable', { file, reason: messageOf(thrown) }, thrown);
  }
};

const portOf = ({ stack, service, layout }: ProcessContext): number =>
  layout.port(service.name, containerPort(stack, service));

/** The directory in which the init script leaves certificates with their keys, and passwords. */
const credentials = ({ layout, service }: ProcessContext): string =>
  join(layout.stateDirectory, `palisade-${service.name}`);

/** Host path of a path in the container; that of the tmpfs is in the state directory. */
const hostPath = (context: ProcessContext, path: string): string => {
  const tmpfs = `/dev/shm/palisade-${context.service.name}/`;
  return path.startsWith(tmpfs) ? join(credentials(context), path.slice(tmpfs.length)) : context.layout.path(path);
};

/** The settings that the container would start with: those of its file, its command, and of the image's entry point. */
const givenSettings = async (context: ProcessContext): Promise<readonly Entry[]> => {
  const { layout, service } = context;
  const command = readCommand(commandWords(service));
  const file = command?.file === undefined ? undefined : layout.path(command.file);
  const read = parseConfigurationFile(file === undefined ? '' : await readText(file));
  if (read.state === 'invalid')
    throw error('mongodb/configuration-unreadable', { file: `${file ?? ''}:${read.line}`, reason: `it ${read.why}` });
  const byImage =
    firstLogin(context) === undefined ? [] : [{ name: 'security.authorization', value: 'enabled', line: 0 }];
  return [...read.entries, ...(command?.entries ?? []), ...byImage];
};

/** The administrator that the official image makes at its first start; none in the hardened posture. */
const firstLogin = ({ service, environment }: ProcessContext): { username: string; password: string } | undefined => {
  const username = environment[firstAdministrator.username] ?? '';
  const password = environment[firstAdministrator.password] ?? '';
  return username === '' || password === '' || hardenedEntrypoint(service) !== undefined
    ? undefined
    : { username, password };
};

/** The way of the local administrator to the server: with the node's own identity, where there is TLS. */
const channelOf = async (context: ProcessContext): Promise<Channel> => {
  const { stack, service, layout } = context;
  const endpoint = { host: '127.0.0.1', port: portOf(context) };
  if (!speaksTls(stack, service)) return { endpoint };
  if (hardenedEntrypoint(service) === undefined) return { endpoint, tls: { rejectUnauthorized: false } };
  return {
    endpoint,
    tls: {
      ca: await readText(layout.path('/certs/ca.pem')),
      cert: await readText(layout.path('/client-certs/cert.pem')),
      key: await readText(layout.path('/client-certs/key.pem')),
      servername: service.name,
    },
  };
};

/** What the local administrator logs in with; undefined where the server demands nothing, or what nobody here knows. */
const loginOf = (context: ProcessContext): { username: string; password: string; database: string } | undefined => {
  if (hardenedEntrypoint(context.service) === undefined) {
    const first = firstLogin(context);
    return first === undefined ? undefined : { ...first, database: 'admin' };
  }
  const file = join(credentials(context), 'password');
  if (!existsSync(file)) return undefined;
  return { username: administrator, password: readFileSync(file, 'utf8').trim(), database: 'admin' };
};

const asAdministrator = async <T>(
  context: ProcessContext,
  signal: AbortSignal,
  use: (run: (database: string, command: Document) => Promise<Document>) => Promise<T>,
): Promise<T> =>
  converse(await channelOf(context), signal, async (run) => {
    const login = loginOf(context);
    if (login !== undefined && !(await logIn(run, login)))
      throw error('mongodb/not-reachable', { service: context.service.name, reason: 'the administrator is refused' });
    return use(run);
  });

const ready = (context: ProcessContext, signal: AbortSignal): Promise<void> =>
  asAdministrator(context, signal, async (run) => {
    const answer = await run('admin', { listDatabases: 1, nameOnly: true });
    // A login that only the user knows is no matter: the server is up.
    if (!succeeded(answer) && !(isRefusal(answer) && loginOf(context) === undefined))
      throw error('mongodb/not-reachable', { service: context.service.name, reason: reasonOf(answer) });
  });

const writeOwn = async (context: ProcessContext, name: string, content: string, mode = 0o600): Promise<string> => {
  const path = join(context.layout.stateDirectory, name);
  await writeFileAtomically(path, content, { mode, ...context.account });
  return path;
};

/** The init script's own surroundings, in which the files of the container are those of this machine. */
const hardenedEnvironment = ({ layout }: ProcessContext): Readonly<Record<string, string>> => ({
  PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
  PALISADE_CERTIFICATES: layout.path('/certs'),
  PALISADE_CLIENT_CERTIFICATES: layout.path('/client-certs'),
});

const baseEnvironment = ({ layout, environment }: ProcessContext): Record<string, string> => {
  const { [firstAdministrator.password]: _password, ...others } = environment;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: layout.stateDirectory,
    ...others,
  };
};

/** FerretDB in place of mongod: what it cannot do is said in the log of the service, before anything else. */
const planFerretDb = async (
  context: ProcessContext,
  settings: readonly Entry[],
  program: string,
): Promise<ProcessPlan> => {
  const { stack, service, layout } = context;
  const state = layout.stateDirectory;
  const places = {
    host: '127.0.0.1',
    port: portOf(context),
    data: layout.path(dataDirectory(stack, service)),
    state,
    path: (path: string) => hostPath(context, path),
  };
  const { args, ignored } = standIn(settings, places);
  const said = `FerretDB stands in for mongod. It does nothing about: ${ignored.join(', ') || 'nothing that was asked for'}.`;
  const launcher = await writeOwn(
    context,
    'start.sh',
    `#!/bin/sh\n# Written by Palisade.\nprintf '%s\\n' '${said.replaceAll("'", '')}' >&2\nexec '${program}' "$@"\n`,
    0o700,
  );
  const environment = baseEnvironment(context);
  const script = hardenedEntrypoint(service);
  if (script === undefined) {
    const first = firstLogin(context);
    return {
      prepare: [],
      run: {
        program: '/bin/sh',
        args: [
          launcher,
          ...args,
          ...(first === undefined ? [] : ['--setup-database=admin', `--setup-username=${first.username}`]),
        ],
        environment: { ...environment, ...(first === undefined ? {} : { FERRETDB_SETUP_PASSWORD: first.password }) },
      },
      ready: (signal) => ready(context, signal),
    };
  }
  const byScript = renderFerretDbAdministrator(service, program, state);
  return {
    prepare: [],
    run: {
      program: '/bin/sh',
      // The stack's own init script, with the server itself where the image has its entry point.
      args: [layout.path(script), ...args],
      environment: {
        ...environment,
        ...hardenedEnvironment(context),
        ...scriptEnvironment(places),
        PALISADE_ENTRYPOINT: launcher,
        PALISADE_ADMINISTRATOR: await writeOwn(context, 'administrator.sh', byScript, 0o700),
      },
    },
    ready: (signal) => ready(context, signal),
  };
};

type Setting = readonly [name: string, value: string | number | boolean];

/** Settings that this machine decides instead of the stack. */
const decidedHere =
  /^(?:net\.(?:port|bindIp|bindIpAll|ipv6)|storage\.dbPath|systemLog\.(?:destination|path|logAppend)|processManagement\..*)$/;

/** The real server, with the configuration of the stack at the places and the port of this machine. */
const planMongod = async (
  context: ProcessContext,
  settings: readonly Entry[],
  program: string,
): Promise<ProcessPlan> => {
  const { stack, service, layout } = context;
  const given = settings.filter(({ name }) => !decidedHere.test(name));
  const data = layout.path(dataDirectory(stack, service));
  const configuration = stringify(
    nested([
      ...given.map(({ name, value }): Setting => [
        name,
        value.startsWith('/') ? hostPath(context, value) : typed(value),
      ]),
      ['net.port', portOf(context)],
      ['net.bindIp', '127.0.0.1'],
      ['storage.dbPath', data],
    ]),
  );
  const file = await writeOwn(context, 'mongod.conf', configuration);
  const firstStart = stringify(
    nested([
      ...given
        .filter(({ name }) => name.startsWith('storage.'))
        .map(({ name, value }): Setting => [name, typed(value)]),
      ['net.bindIp', join(credentials(context), 'first-start.sock')],
      ['storage.dbPath', data],
    ]),
  );
  const environment = baseEnvironment(context);
  const script = hardenedEntrypoint(service);
  const args = ['--config', file];
  return {
    prepare: [],
    run:
      script === undefined
        ? { program, args, environment }
        : {
            program: '/bin/sh',
            args: [layout.path(script), ...args],
            environment: {
              ...environment,
              ...hardenedEnvironment(context),
              PALISADE_ENTRYPOINT: program,
              PALISADE_DATA_DIRECTORY: data,
              PALISADE_FIRST_START: await writeOwn(context, 'first-start.conf', firstStart),
              PALISADE_ADMINISTRATOR: layout.path('/init/administrator.sh'),
            },
          },
    ready: (signal) => ready(context, signal),
  };
};

/** Carries out what mongosh would in the container, for this machine need not have one. */
const exec = async (
  context: ProcessContext,
  [program = '']: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<ExecResult> => {
  if (program !== 'mongosh')
    throw error('mongodb/command-failed', {
      service: context.service.name,
      command: program,
      reason: 'only mongosh is known here',
    });
  const answers = await asAdministrator(context, signal, async (run) => {
    const found: Document[] = [];
    for (const { database, command } of readTasks(input)) found.push(await run(database, command));
    return found;
  });
  const stdout = answers.map((answer) => `${JSON.stringify(answer)}\n`).join('');
  return { exitCode: 0, stdout, stderr: '', truncated: false };
};

/**
 * Runs the server that is there, in either posture: MongoDB's own where mongod and mongosh are installed, else FerretDB,
 * which speaks its protocol. The probe tells which one answered.
 */
export const processCapability: ProcessCapability = {
  account: 'mongodb',
  ports: (service, stack) => [containerPort(stack, service)],
  plan: async (context) => {
    // First, because a program that was looked for in vain would be taken for the reason of any failure.
    const settings = await givenSettings(context);
    const mongod = context.program('mongosh') === undefined ? undefined : context.program('mongod');
    const ferretDb = mongod === undefined ? context.program('ferretdb') : undefined;
    if (mongod !== undefined) return planMongod(context, settings, mongod);
    if (ferretDb !== undefined) return planFerretDb(context, settings, ferretDb);
    throw error('mongodb/server-not-installed', { service: context.service.name });
  },
  exec,
};
