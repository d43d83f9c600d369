import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecResult } from '../../../contracts/runtime.ts';
import type { ProcessContext } from '../../../contracts/service-kind.ts';
import { readTasks } from '../administer.ts';
import { administrator } from '../consumers.ts';
import { error } from '../errors.ts';
import { hardenedEntrypoint, speaksTls } from '../posture.ts';
import type { Document } from '../wire/bson.ts';
import {
  type Channel,
  converse,
  isRefusal,
  logIn,
  type Login,
  reasonOf,
  type Run,
  succeeded,
} from '../wire/session.ts';
import { credentials, firstLogin, portOf, readText } from './surroundings.ts';

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
const loginOf = (context: ProcessContext): Login | undefined => {
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
  use: (run: Run) => Promise<T>,
): Promise<T> =>
  converse(await channelOf(context), signal, async (run) => {
    const login = loginOf(context);
    if (login !== undefined && !(await logIn(run, login)))
      throw error('mongodb/not-reachable', { service: context.service.name, reason: 'the administrator is refused' });
    return use(run);
  });

/** Resolves where the server answers, to its administrator where there is one. */
export const ready = (context: ProcessContext, signal: AbortSignal): Promise<void> =>
  asAdministrator(context, signal, async (run) => {
    const answer = await run('admin', { listDatabases: 1, nameOnly: true });
    // A login that only the user knows is no matter: the server is up.
    if (!succeeded(answer) && !(isRefusal(answer) && loginOf(context) === undefined))
      throw error('mongodb/not-reachable', { service: context.service.name, reason: reasonOf(answer) });
  });

/** Carries out what mongosh would in the container, for this machine need not have one. */
export const exec = async (
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
