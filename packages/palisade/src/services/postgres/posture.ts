import { posix } from 'node:path';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { parseConfigurationFile } from './configuration-file.ts';
import { containerFile } from './container-file.ts';
import { parseHostBasedAccess, type HbaRule } from './host-based-access.ts';
import { dataDirectory, majorVersion } from './image.ts';

/** What the files of the project say about one setting. */
export type Setting =
  | { readonly state: 'set'; readonly value: string; readonly at: Location }
  /** Nobody sets it: the server's default holds. `at` is where it would be set. */
  | { readonly state: 'default'; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** A rule with the place of its line. */
export interface PlacedRule extends HbaRule {
  readonly at: Location;
}

/** The rules that the server would load. */
export type HostBasedAccess =
  | {
      readonly state: 'known';
      /** `file`: a mounted `pg_hba.conf`; `image`: what the official image writes where none is mounted. */
      readonly source: 'file' | 'image';
      readonly rules: readonly PlacedRule[];
      /** Where a rule would be written. */
      readonly at: Location;
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Settings given on the command line, which win over every file. Source: `postgres --help`. */
export const commandSettings = (
  command: readonly string[],
): readonly { readonly name: string; readonly value: string }[] => {
  const found: { name: string; value: string }[] = [];
  const add = (text: string): void => {
    const at = text.indexOf('=');
    if (at > 0) found.push({ name: text.slice(0, at).replaceAll('-', '_').toLowerCase(), value: text.slice(at + 1) });
  };
  const short: Readonly<Record<string, string>> = {
    '-N': 'max_connections',
    '-p': 'port',
    '-h': 'listen_addresses',
    '-B': 'shared_buffers',
  };
  for (let index = 0; index < command.length; index++) {
    const word = command[index] ?? '';
    if (word === '-c') add(command[++index] ?? '');
    else if (word.startsWith('--') && word.includes('=')) add(word.slice(2));
    else if (word.startsWith('-c') && word.length > 2) add(word.slice(2));
    else if (word === '-l') found.push({ name: 'ssl', value: 'on' });
    else {
      const name = short[word.slice(0, 2)];
      if (name !== undefined) found.push({ name, value: word.length > 2 ? word.slice(2) : (command[++index] ?? '') });
    }
  }
  return found;
};

/** Entry points whose behaviour is known: the official image's own and the init script of the hardened posture. */
const knownEntrypoint = (entrypoint: readonly string[]): boolean =>
  entrypoint.length === 0 ||
  /(^|\/)(docker-entrypoint\.sh|init-approle\.sh|postgres|tini|docker-init)$/.test(entrypoint[0] ?? '');

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));

/** Reads the settings of one service from command, environment and mounted files. */
export const settingsOf = (stack: Stack, service: Service): ((name: string) => Setting) => {
  const command = commandSettings(service.command?.value ?? []);
  const anchor = service.command?.at ?? service.image?.at ?? service.at;
  const path =
    command.findLast(({ name }) => name === 'config_file')?.value ?? `${dataDirectory(service)}/postgresql.conf`;
  const file = containerFile(stack, service, path);
  const parsed = file.state === 'text' ? parseConfigurationFile(file.text) : undefined;
  const entrypoint = service.entrypoint?.value ?? [];
  const script = knownEntrypoint(entrypoint) ? undefined : containerFile(stack, service, entrypoint[0] ?? '');
  return (name) => {
    const flag = command.findLast((setting) => setting.name === name);
    if (flag !== undefined) return { state: 'set', value: flag.value, at: anchor };
    if (script !== undefined && (script.state !== 'text' || new RegExp(`\\b${name}\\s*=`).test(script.text)))
      return {
        state: 'unknown',
        at: service.entrypoint?.at ?? anchor,
        why: `the entry point ${entrypoint[0] ?? ''} may set ${name}`,
      };
    if (file.state === 'unreadable') return { state: 'unknown', why: file.why, at: file.at };
    if (file.state !== 'text' || parsed === undefined) return { state: 'default', at: anchor };
    const at = (line: number): Location => ({ file: file.path, line, column: 1 });
    const [broken] = parsed.invalid;
    if (broken !== undefined)
      return { state: 'unknown', at: at(broken.line), why: `PostgreSQL refuses line ${broken.line} of ${file.path}` };
    const set = parsed.settings.findLast((setting) => setting.name === name);
    const [include] = parsed.includes.filter((candidate) => set === undefined || candidate.line > set.line);
    if (include !== undefined)
      return {
        state: 'unknown',
        at: at(include.line),
        why: `${file.path} goes on to ${include.directive} ${include.path}, which may set ${name}`,
      };
    return set === undefined ? { state: 'default', at: at(1) } : { state: 'set', value: set.value, at: at(set.line) };
  };
};

const rule = (type: HbaRule['type'], address: string | undefined, method: string, at: Location): PlacedRule => ({
  type,
  databases: [{ text: 'all', quoted: false }],
  users: [{ text: 'all', quoted: false }],
  ...(address === undefined ? {} : { address }),
  method,
  options: new Map(),
  line: at.line,
  at,
});

/**
 * What the official image leaves in `pg_hba.conf` where nobody mounts one: initdb's lines, with trust on the socket and
 * loopback, then `host all all all <method>`. The method is POSTGRES_HOST_AUTH_METHOD, else what initdb encrypts with.
 */
const imageRules = (service: Service): readonly PlacedRule[] => {
  const method = service.environment.get('POSTGRES_HOST_AUTH_METHOD');
  const anchor = method?.at ?? service.image?.at ?? service.at;
  const byDefault = (majorVersion(service) ?? 14) >= 14 ? 'scram-sha-256' : 'md5';
  const chosen = method?.value === undefined || method.value === null || method.value === '' ? byDefault : method.value;
  return [
    rule('local', undefined, 'trust', anchor),
    rule('host', '127.0.0.1/32', 'trust', anchor),
    rule('host', '::1/128', 'trust', anchor),
    rule('host', 'all', chosen, anchor),
  ];
};

/** Reads the effective host-based access rules of one service. */
export const hostBasedAccessOf = (stack: Stack, service: Service): HostBasedAccess => {
  const path = settingsOf(stack, service)('hba_file');
  if (path.state === 'unknown') return path;
  const data = dataDirectory(service);
  const file = containerFile(
    stack,
    service,
    path.state === 'set' ? posix.resolve(data, path.value) : `${data}/pg_hba.conf`,
  );
  if (file.state === 'unreadable') return { state: 'unknown', why: file.why, at: file.at };
  if (file.state === 'absent') {
    if (path.state === 'set')
      return {
        state: 'unknown',
        at: path.at,
        why: `hba_file names ${path.value}, which no file of the project stands for`,
      };
    const method = service.environment.get('POSTGRES_HOST_AUTH_METHOD');
    if (!knownEntrypoint(service.entrypoint?.value ?? []))
      return {
        state: 'unknown',
        at: service.entrypoint?.at ?? service.at,
        why: 'the service has an entry point of its own, which may write pg_hba.conf',
      };
    return {
      state: 'known',
      source: 'image',
      rules: imageRules(service),
      at: method?.at ?? service.image?.at ?? service.at,
    };
  }
  const parsed = parseHostBasedAccess(file.text);
  const at = (line: number): Location => ({ file: file.path, line, column: 1 });
  const [broken] = parsed.invalid;
  if (broken !== undefined)
    return {
      state: 'unknown',
      at: at(broken.line),
      why: `PostgreSQL refuses line ${broken.line} of ${file.path}: ${broken.reason}`,
    };
  const [include] = parsed.includes;
  if (include !== undefined)
    return { state: 'unknown', at: at(include.line), why: `${file.path} includes other files, which are not read` };
  return {
    state: 'known',
    source: 'file',
    at: at(1),
    rules: parsed.rules.map((found) => ({ ...found, at: at(found.line) })),
  };
};
