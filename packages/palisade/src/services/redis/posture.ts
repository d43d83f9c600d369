import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { splitWords } from '../../model/words.ts';
import { type Directive, directiveName, parseConfigurationFile } from './configuration-file.ts';
import { isOfficialImage } from './image.ts';

/** What the project's files say about one directive. */
export type Setting =
  | { readonly state: 'set'; readonly values: readonly string[]; readonly at: Location }
  /** Nobody sets it: the server's default holds. */
  | { readonly state: 'default'; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** The configuration of a server as its command gives it. */
export interface Command {
  /** Path of the configuration in the container. */
  readonly file?: string;
  readonly directives: readonly Directive[];
}

const server = /(?:^|\/)(?:redis|valkey)-server$/;
const plainScript = /^\s*(?:exec\s+)?(?:\S*\/)?(?:redis|valkey)-server\b[^;&|<>`()]*$/;

/** Reads `redis-server [file] [--name value…]…`, also behind `sh -c`; undefined where a program decides. */
export const readCommand = (words: readonly string[]): Command | undefined => {
  const [first = '', ...rest] = words;
  if (/(?:^|\/)(?:ba|da|)sh$/.test(first) && rest[0] === '-c' && rest.length === 2)
    return plainScript.test(rest[1] ?? '')
      ? readCommand(splitWords(rest[1] ?? '').filter((word) => word !== 'exec'))
      : undefined;
  const given = server.test(first) ? rest : words;
  if (first !== '' && !server.test(first) && !first.startsWith('-') && !first.endsWith('.conf')) return undefined;
  const [head] = given;
  const file = head !== undefined && !head.startsWith('--') ? head : undefined;
  const directives: { name: string; values: string[]; line: number }[] = [];
  for (const word of file === undefined ? given : given.slice(1))
    if (word.startsWith('--')) directives.push({ name: directiveName(word.slice(2)), values: [], line: 0 });
    else directives.at(-1)?.values.push(word);
  return { ...(file === undefined ? {} : { file }), directives };
};

/** Entry points whose behaviour is known. */
const knownEntrypoint = ({ entrypoint }: Service): boolean => {
  const [program = ''] = entrypoint?.value ?? [];
  return program === '' || /(?:^|\/)(?:docker-entrypoint\.sh|init-approle\.sh|tini|docker-init)$/.test(program);
};

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));

/** All directives of a service in the order in which the server takes them, the last one winning. */
export type Directives =
  | {
      readonly state: 'known';
      readonly directives: readonly (Directive & { readonly at: Location })[];
      readonly at: Location;
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Reads the directives of one service from its command and its mounted file. */
export const directivesOf = (stack: Stack, service: Service): Directives => {
  const anchor = service.command?.at ?? service.image?.at ?? service.at;
  const entrypoint = service.entrypoint?.value ?? [];
  const words = service.command?.value ?? [];
  const atEntrypoint = server.test(entrypoint[0] ?? '');
  const unknown = (why: string, at = anchor): Directives => ({ state: 'unknown', why, at });
  if (!knownEntrypoint(service) && !atEntrypoint)
    return unknown(`the entry point ${entrypoint[0] ?? ''} may set anything`, service.entrypoint?.at ?? anchor);
  if (!isOfficialImage(service) && !atEntrypoint && !server.test(words[0] ?? ''))
    return unknown('the image has start scripts of its own, which decide');
  const command = readCommand(atEntrypoint ? [...entrypoint, ...words] : words);
  if (command === undefined) return unknown('the command is a program whose effect on the configuration is not known');
  const own = command.directives.map((directive) => ({ ...directive, at: anchor }));
  if (command.file === undefined) return { state: 'known', directives: own, at: anchor };
  const file = mountedFile(stack, service, command.file);
  if (file?.text === undefined)
    return unknown(
      hostPathOf(stack, service, command.file) === undefined
        ? `${command.file} is a part of the image`
        : `the text of what is mounted at ${command.file} is not available`,
    );
  const { directives, invalid } = parseConfigurationFile(file.text);
  const at = (line: number): Location => ({ file: file.path, line, column: 1 });
  const [broken] = invalid;
  if (broken !== undefined) return unknown(`the server refuses line ${broken} of ${file.path}`, at(broken));
  return {
    state: 'known',
    directives: [...directives.map((directive) => ({ ...directive, at: at(directive.line) })), ...own],
    at: at(1),
  };
};

/** Reads single settings of one service. What an included file may say is unknown. */
export const settingsOf = (stack: Stack, service: Service): ((name: string) => Setting) => {
  const read = directivesOf(stack, service);
  return (name) => {
    if (read.state === 'unknown') return read;
    const index = read.directives.findLastIndex((directive) => directive.name === name);
    const found = read.directives[index];
    const include = read.directives
      .slice(index + 1)
      .find((directive) => directive.name === 'include' && !isOwnInclude(directive.values[0] ?? ''));
    if (include !== undefined)
      return {
        state: 'unknown',
        at: include.at,
        why: `${include.at.file} goes on to include ${include.values[0] ?? ''}, which may set ${name}`,
      };
    return found === undefined
      ? { state: 'default', at: read.at }
      : { state: 'set', values: found.values, at: found.at };
  };
};

/** The file that the init script writes: the credential for replication and nothing else. */
export const isOwnInclude = (path: string): boolean => /^\/dev\/shm\/palisade-[\w.-]+\/replication\.conf$/.test(path);

/** One value of a setting, or the server's default; undefined where it is unknown. */
export const valueOf = (setting: Setting, byDefault: string): string | undefined =>
  setting.state === 'unknown' ? undefined : setting.state === 'set' ? setting.values.join(' ') : byDefault;

const portOf = (setting: Setting, byDefault: number): number => {
  const port = Number(valueOf(setting, String(byDefault)));
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : byDefault;
};

/** The container port of clients: the TLS one where there is one, else the plain one, 6379 by default. */
export const containerPort = (stack: Stack, service: Service): number => {
  const setting = settingsOf(stack, service);
  return portOf(setting('tls-port'), 0) || portOf(setting('port'), 6379) || 6379;
};

/** True where the port of clients is a TLS port. */
export const speaksTls = (stack: Stack, service: Service): boolean =>
  portOf(settingsOf(stack, service)('tls-port'), 0) > 0;

/** The container port of the cluster bus; undefined for a server that is no part of a cluster. */
export const busPort = (stack: Stack, service: Service): number | undefined => {
  const setting = settingsOf(stack, service);
  if (valueOf(setting('cluster-enabled'), 'no') !== 'yes') return undefined;
  const tls = valueOf(setting('tls-cluster'), 'no') === 'yes';
  const base = portOf(setting(tls ? 'tls-port' : 'port'), tls ? 0 : 6379);
  return portOf(setting('cluster-port'), 0) || base + 10_000;
};

/** The data directory in the container. */
export const dataDirectory = (stack: Stack, service: Service): string => {
  const value = valueOf(settingsOf(stack, service)('dir'), '/data');
  return value !== undefined && value.startsWith('/') ? value : '/data';
};
