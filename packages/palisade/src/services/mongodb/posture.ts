import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { readCommand } from './command.ts';
import { type Entry, inTodaysWords, parseConfigurationFile } from './configuration-file.ts';
import { isOfficialImage } from './matching.ts';

/** What the project's files say about one setting. */
export type Setting =
  | { readonly state: 'set'; readonly value: string; readonly at: Location }
  /** Nobody sets it: the server's default holds. */
  | { readonly state: 'default'; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** All settings of a service in the order in which the server takes them, the last one winning. */
export type Settings =
  | {
      readonly state: 'known';
      readonly entries: readonly (Entry & { readonly at: Location })[];
      /** Where a setting that nobody sets would have its place. */
      readonly at: Location;
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

const program = /(?:^|\/)mongod$/;

/** Entry points whose behaviour is known. */
const isKnownEntrypoint = ({ entrypoint }: Service): boolean => {
  const [first = ''] = entrypoint?.value ?? [];
  return first === '' || /(?:^|\/)(?:docker-entrypoint\.sh|init-approle\.sh|tini|docker-init)$/.test(first);
};

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));

/** The variables with which the official image makes an administrator at the first start, and demands logins. */
export const firstAdministrator = {
  username: 'MONGO_INITDB_ROOT_USERNAME',
  password: 'MONGO_INITDB_ROOT_PASSWORD',
} as const;

/** True where the official image's entry point adds `--auth`. Source: docker-entrypoint.sh of the image. */
const demandedByImage = (service: Service): boolean => {
  const isGiven = (name: string): boolean =>
    [name, `${name}_FILE`].some((each) => ![undefined, null, ''].includes(service.environment.get(each)?.value));
  return isOfficialImage(service) && isGiven(firstAdministrator.username) && isGiven(firstAdministrator.password);
};

/** The words that start the server: the command, behind an entry point that is the server itself. */
export const commandWords = (service: Service): readonly string[] => {
  const entrypoint = service.entrypoint?.value ?? [];
  const words = service.command?.value ?? [];
  return program.test(entrypoint[0] ?? '') ? [...entrypoint, ...words] : words;
};

/** Reads the settings of one service from its environment, its mounted file and its command. */
export const allSettings = (stack: Stack, service: Service): Settings => {
  const anchor = service.command?.at ?? service.image?.at ?? service.at;
  const unknown = (why: string, at = anchor): Settings => ({ state: 'unknown', why, at });
  const atEntrypoint = program.test(service.entrypoint?.value[0] ?? '');
  const words = commandWords(service);
  if (!isKnownEntrypoint(service) && !atEntrypoint)
    return unknown(`the entry point ${service.entrypoint?.value[0] ?? ''} may set anything`, service.entrypoint?.at);
  if (!isOfficialImage(service) && !atEntrypoint && !program.test(words[0] ?? ''))
    return unknown('the image has start scripts of its own, which decide');
  const command = readCommand(words);
  if (command === undefined) return unknown('the command is a program whose effect on the configuration is not known');
  const place = service.environment.get(firstAdministrator.username)?.at ?? anchor;
  const byImage =
    demandedByImage(service) && hardenedEntrypoint(service) === undefined && !atEntrypoint
      ? [{ name: 'security.authorization', value: 'enabled', line: 0, at: place }]
      : [];
  const own = [
    ...command.entries.map((entry) => ({ ...inTodaysWords(entry), at: anchor })),
    // A switch of the command line comes after the file.
    ...byImage,
  ];
  if (command.file === undefined) return { state: 'known', entries: own, at: anchor };
  const file = mountedFile(stack, service, command.file);
  if (file?.text === undefined)
    return unknown(
      hostPathOf(stack, service, command.file) === undefined
        ? `${command.file} is a part of the image`
        : `the text of what is mounted at ${command.file} is not available`,
    );
  const read = parseConfigurationFile(file.text);
  const at = (line: number): Location => ({ file: file.path, line, column: 1 });
  if (read.state === 'invalid') return unknown(`${file.path} ${read.why}`, at(read.line));
  return {
    state: 'known',
    entries: [...read.entries.map((entry) => ({ ...entry, at: at(entry.line) })), ...own],
    at: at(1),
  };
};

/** Reads single settings of one service. */
export const settingsOf = (stack: Stack, service: Service): ((name: string) => Setting) => {
  const read = allSettings(stack, service);
  return (name) => {
    if (read.state === 'unknown') return read;
    const found = read.entries.findLast((entry) => entry.name === name);
    return found === undefined ? { state: 'default', at: read.at } : { state: 'set', value: found.value, at: found.at };
  };
};

/** The value of a setting, or the server's default; undefined where it is unknown. */
export const valueOf = (setting: Setting, byDefault: string): string | undefined =>
  setting.state === 'unknown' ? undefined : setting.state === 'set' ? setting.value : byDefault;

const roles: Readonly<Record<string, number>> = { shardsvr: 27_018, configsvr: 27_019 };

/** The container port: 27017 where nothing else is written. Source: MongoDB manual, default ports. */
export const containerPort = (stack: Stack, service: Service): number => {
  const setting = settingsOf(stack, service);
  const byRole = roles[valueOf(setting('sharding.clusterRole'), '') ?? ''] ?? 27_017;
  const port = Number(valueOf(setting('net.port'), String(byRole)));
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : byRole;
};

/** True where the port answers over TLS. */
export const speaksTls = (stack: Stack, service: Service): boolean =>
  !['disabled', undefined].includes(valueOf(settingsOf(stack, service)('net.tls.mode'), 'disabled'));

/** The data directory in the container. */
export const dataDirectory = (stack: Stack, service: Service): string => {
  const value = valueOf(settingsOf(stack, service)('storage.dbPath'), '/data/db');
  return value !== undefined && value.startsWith('/') ? value : '/data/db';
};

/** Name of the replica set; undefined for a server that stands alone. */
export const replicaSet = (stack: Stack, service: Service): string | undefined =>
  valueOf(settingsOf(stack, service)('replication.replSetName'), '') || undefined;
