import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { splitWords } from '../../model/words.ts';
import { isOfficialImage, productOf, versionOf } from './image.ts';
import { readOption, type Option } from './option-file.ts';
import { optionFilesOf, type PlacedOption } from './option-sources.ts';

/** What the project's files say about one option. */
export type Setting =
  | { readonly state: 'set'; readonly value: string; readonly at: Location }
  /** Nobody sets it: the server's default holds. */
  | { readonly state: 'default'; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** All options of a server in the order in which it takes them, the last one winning. */
export type Options =
  | {
      readonly state: 'known';
      readonly options: readonly PlacedOption[];
      /** Options of other programs in the same files: `client`, `mysqldump`. */
      readonly others: readonly PlacedOption[];
      /** Container paths of the option files that were read. */
      readonly paths: readonly string[];
      readonly at: Location;
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** The options of a command, and which files it makes the server read. */
export interface Command {
  readonly options: readonly Option[];
  readonly only?: string;
  readonly extra?: string;
  readonly none: boolean;
}

const server = /(?:^|\/)(?:mysqld|mariadbd)(?:_safe|-safe)?$/;
const plainScript =
  /^\s*(?:exec\s+)?(?:\S*\/)?(?:docker-entrypoint\.sh\s+)?(?:\S*\/)?(?:mysqld|mariadbd)\b[^;&|<>`()]*$/;

/** Reads `mysqld [--name[=value]]…`, also behind `sh -c` and the entry point; undefined where a program decides. */
export const readCommand = (words: readonly string[]): Command | undefined => {
  const [first = '', ...rest] = words;
  if (/(?:^|\/)(?:ba|da|)sh$/.test(first) && rest[0] === '-c' && rest.length === 2)
    return plainScript.test(rest[1] ?? '')
      ? readCommand(splitWords(rest[1] ?? '').filter((word) => word !== 'exec'))
      : undefined;
  if (/(?:^|\/)docker-entrypoint\.sh$/.test(first)) return readCommand(rest);
  if (first !== '' && !server.test(first) && !first.startsWith('-')) return undefined;
  const given = server.test(first) ? rest : words;
  const options: Option[] = [];
  for (let index = 0; index < given.length; index++) {
    const word = given[index] ?? '';
    if (!word.startsWith('--')) continue;
    const equals = word.indexOf('=');
    const written = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const next = given[index + 1];
    // `--name value` is taken as well; a switch is never followed by a bare word.
    const apart = equals < 0 && next !== undefined && !next.startsWith('-');
    if (apart) index++;
    options.push(readOption(written, apart ? next : equals < 0 ? undefined : word.slice(equals + 1), '', 0));
  }
  const of = (name: string): string | undefined => options.findLast((option) => option.name === name)?.value;
  const [only, extra] = [of('defaults_file'), of('defaults_extra_file')];
  const choosing = /^(?:no_defaults|defaults_file|defaults_extra_file|defaults_group_suffix)$/;
  return {
    options: options.filter(({ name }) => !choosing.test(name)),
    ...(only === undefined ? {} : { only }),
    ...(extra === undefined ? {} : { extra }),
    none: options.some(({ name }) => name === 'no_defaults'),
  };
};

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));

/** Entry points whose behaviour is known. */
const knownEntrypoint = ({ entrypoint }: Service): boolean => {
  const [program = ''] = entrypoint?.value ?? [];
  return program === '' || /(?:^|\/)(?:docker-entrypoint\.sh|init-approle\.sh|tini|docker-init)$/.test(program);
};

/** True where the server reads the group: `mysqld`, `server`, MariaDB's own, each with or without a version. */
const isServerGroup = (service: Service, group: string): boolean => {
  const [, name, version] = /^([a-z]+(?:-server)?)(?:-(\d+\.\d+))?$/.exec(group) ?? [];
  const mine =
    productOf(service) === 'mariadb'
      ? ['mysqld', 'server', 'mariadb', 'mariadbd', 'client-server']
      : ['mysqld', 'server'];
  if (name === undefined || !mine.includes(name)) return false;
  const own = versionOf(service);
  return version === undefined || own === undefined || version === own.slice(0, 2).join('.');
};

/** Reads the options of one service from its command and its mounted files. */
export const optionsOf = (stack: Stack, service: Service): Options => {
  const anchor = service.command?.at ?? service.image?.at ?? service.at;
  const unknown = (why: string, at = anchor): Options => ({ state: 'unknown', why, at });
  const entrypoint = service.entrypoint?.value ?? [];
  const words = service.command?.value ?? [];
  const atEntrypoint = server.test(entrypoint[0] ?? '');
  if (!knownEntrypoint(service) && !atEntrypoint)
    return unknown(`the entry point ${entrypoint[0] ?? ''} may set anything`, service.entrypoint?.at ?? anchor);
  if (!isOfficialImage(service) && !atEntrypoint && !server.test(words[0] ?? ''))
    return unknown('the image has start scripts of its own, which decide');
  const command = readCommand(atEntrypoint ? [...entrypoint, ...words] : words);
  if (command === undefined) return unknown('the command is a program whose effect on the options is not known');
  const files = optionFilesOf(stack, service, command);
  if (files.state === 'unknown') return files;
  const mine = files.options.filter(({ group }) => isServerGroup(service, group));
  const [first] = files.files;
  return {
    state: 'known',
    options: [...mine, ...command.options.map((option) => ({ ...option, at: anchor }))],
    others: files.options.filter(({ group }) => !isServerGroup(service, group)),
    paths: files.paths,
    at: first === undefined ? anchor : { file: first.path, line: 1, column: 1 },
  };
};

/** Reads single options of one service. */
export const settingsOf = (stack: Stack, service: Service): ((name: string) => Setting) => {
  const read = optionsOf(stack, service);
  return (name) => {
    if (read.state === 'unknown') return read;
    const found = read.options.findLast((option) => option.name === name);
    return found === undefined ? { state: 'default', at: read.at } : { state: 'set', value: found.value, at: found.at };
  };
};

/** One value of a setting, or the server's default; undefined where it is unknown. */
export const valueOf = (setting: Setting, byDefault: string): string | undefined =>
  setting.state === 'unknown' ? undefined : setting.state === 'set' ? setting.value : byDefault;

/** The container port of clients, 3306 by default. */
export const containerPort = (stack: Stack, service: Service): number => {
  const port = Number(valueOf(settingsOf(stack, service)('port'), '3306'));
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : 3306;
};

/** The data directory in the container. */
export const dataDirectory = (stack: Stack, service: Service): string => {
  const value = valueOf(settingsOf(stack, service)('datadir'), '');
  return value !== undefined && value.startsWith('/') ? value.replace(/(?<=.)\/+$/, '') : '/var/lib/mysql';
};
