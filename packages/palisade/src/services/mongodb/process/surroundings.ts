import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessContext } from '../../../contracts/service-kind.ts';
import { messageOf } from '../../../support/errors.ts';
import { writeFileAtomically } from '../../../support/files.ts';
import { readCommand } from '../command.ts';
import { type Entry, parseConfigurationFile } from '../configuration-file.ts';
import { error } from '../errors.ts';
import { commandWords, containerPort, firstAdministrator, hardenedEntrypoint } from '../posture.ts';

/** Reads a file of the stack. Throws `mongodb/configuration-unreadable`. */
export const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw error('mongodb/configuration-unreadable', { file, reason: messageOf(thrown) }, thrown);
  }
};

/** The loopback port that stands for the server's. */
export const portOf = ({ stack, service, layout }: ProcessContext): number =>
  layout.port(service.name, containerPort(stack, service));

/** The directory in which the init script leaves certificates with their keys, and passwords. */
export const credentials = ({ layout, service }: ProcessContext): string =>
  join(layout.stateDirectory, `palisade-${service.name}`);

/** Host path of a path in the container; that of the tmpfs is in the state directory. */
export const hostPath = (context: ProcessContext, path: string): string => {
  const tmpfs = `/dev/shm/palisade-${context.service.name}/`;
  return path.startsWith(tmpfs) ? join(credentials(context), path.slice(tmpfs.length)) : context.layout.path(path);
};

/** The administrator that the official image makes at its first start; none in the hardened posture. */
export const firstLogin = ({
  service,
  environment,
  layout,
}: ProcessContext): { readonly username: string; readonly password: string } | undefined => {
  const given = (name: string): string => {
    const file = service.environment.get(`${name}_FILE`)?.value ?? '';
    const path = file === '' ? '' : layout.path(file);
    return environment[name] || (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
  };
  const [username, password] = [given(firstAdministrator.username), given(firstAdministrator.password)];
  return username === '' || password === '' || hardenedEntrypoint(service) !== undefined
    ? undefined
    : { username, password };
};

/** The settings that the container would start with: those of its file, its command, and of the image's entry point. */
export const givenSettings = async (context: ProcessContext): Promise<readonly Entry[]> => {
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

/** Writes a file into the state directory, for the service's account alone; resolves to its path. */
export const writeOwn = async (
  context: ProcessContext,
  name: string,
  content: string,
  mode = 0o600,
): Promise<string> => {
  const path = join(context.layout.stateDirectory, name);
  await writeFileAtomically(path, content, { mode, ...context.account });
  return path;
};

/** The init script's own surroundings, in which the files of the container are those of this machine. */
export const hardenedEnvironment = ({ layout }: ProcessContext): Readonly<Record<string, string>> => ({
  PALISADE_RUNTIME_DIRECTORY: layout.stateDirectory,
  PALISADE_CERTIFICATES: layout.path('/certs'),
  PALISADE_CLIENT_CERTIFICATES: layout.path('/client-certs'),
});

/** The environment of the server: that of the service without the password of its first start. */
export const baseEnvironment = ({ layout, environment }: ProcessContext): Record<string, string> => {
  const { [firstAdministrator.password]: _password, ...others } = environment;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: layout.stateDirectory,
    ...others,
  };
};
