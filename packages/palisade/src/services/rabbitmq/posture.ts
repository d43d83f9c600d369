import type { Location } from '../../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { parseConfigurationFile, parsePlugins } from './configuration-file.ts';
import { imagePlugins, imageSettings, isOfficialImage } from './image.ts';

/** What the project's files say about one setting. */
export type Setting =
  | { readonly state: 'set'; readonly value: string; readonly at: Location }
  /** Nobody sets it: the server's default holds. */
  | { readonly state: 'default'; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** A setting in the order in which the server takes them, the last one winning. */
export interface PlacedSetting {
  readonly name: string;
  readonly value: string;
  readonly at: Location;
}

/** All settings of a service. */
export type Settings =
  | { readonly state: 'known'; readonly settings: readonly PlacedSetting[]; readonly at: Location }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Where the configuration stands in the container. */
export const configurationDirectory = '/etc/rabbitmq';

/** Where data and cookie stand in the container. */
export const dataDirectory = '/var/lib/rabbitmq';

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));

const knownEntrypoint = ({ entrypoint }: Service): boolean => {
  const [program = ''] = entrypoint?.value ?? [];
  return (
    program === '' ||
    /(?:^|\/)(?:docker-entrypoint\.sh|init-approle\.sh|tini|docker-init|rabbitmq-server)$/.test(program)
  );
};

const environmentOf = (service: Service, name: string): string | undefined =>
  service.environment.get(name)?.value ?? undefined;

const mainFile = (service: Service): string =>
  (environmentOf(service, 'RABBITMQ_CONFIG_FILE') ?? `${configurationDirectory}/rabbitmq`).replace(
    /(?:\.conf)?$/,
    '.conf',
  );

/** True where a mount hides the image's own files in a directory. */
const isHidden = (service: Service, directory: string): boolean =>
  service.mounts.some(({ target }) => target === directory || directory.startsWith(`${target}/`));

/** Files of the project that the server reads from its `conf.d`, in the order of their names. */
const furtherFiles = (stack: Stack, service: Service): readonly ProjectFile[] => {
  const directory = `${configurationDirectory}/conf.d`;
  const host = hostPathOf(stack, service, directory);
  const below = host === undefined ? undefined : host.slice(stack.directory.length + 1);
  const mounted = service.mounts
    .filter(({ target }) => target.startsWith(`${directory}/`) && target.endsWith('.conf'))
    .flatMap(({ target }) => mountedFile(stack, service, target) ?? []);
  const inside =
    below === undefined
      ? []
      : [...stack.files.values()].filter(
          ({ path }) =>
            path.startsWith(`${below}/`) && path.endsWith('.conf') && !path.slice(below.length + 1).includes('/'),
        );
  return [...mounted, ...inside].toSorted((a, b) => a.path.localeCompare(b.path, 'en'));
};

/** Reads all settings of one service: those of the image, of the mounted files, of the environment. */
export const readSettings = (stack: Stack, service: Service): Settings => {
  const anchor = service.image?.at ?? service.at;
  const unknown = (why: string, at = anchor): Settings => ({ state: 'unknown', why, at });
  if (!knownEntrypoint(service))
    return unknown(
      `the entry point ${service.entrypoint?.value[0] ?? ''} may set anything`,
      service.entrypoint?.at ?? anchor,
    );
  if (!isOfficialImage(service)) return unknown('the image has start scripts of its own, which decide');
  const advanced = service.mounts.find(({ target }) => target === `${configurationDirectory}/advanced.config`);
  if (advanced !== undefined) return unknown('advanced.config may set anything', advanced.at);
  const extra = service.environment.get('RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS');
  if (/-rabbit/.test(extra?.value ?? ''))
    return unknown('RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS may set anything', extra?.at ?? anchor);
  const path = mainFile(service);
  const isMounted = hostPathOf(stack, service, path) !== undefined;
  const main = mountedFile(stack, service, path);
  if (isMounted && main?.text === undefined) return unknown(`the text of what is mounted at ${path} is not available`);
  const settings: PlacedSetting[] = [];
  let at = anchor;
  const take = (file: ProjectFile | undefined): Settings | undefined => {
    if (file === undefined) return undefined;
    if (file.text === undefined) return unknown(`the text of ${file.path} is not available`);
    const { entries, invalid } = parseConfigurationFile(file.text);
    const place = (line: number): Location => ({ file: file.path, line, column: 1 });
    const [broken] = invalid;
    if (broken !== undefined) return unknown(`the server refuses line ${broken} of ${file.path}`, place(broken));
    if (settings.length === 0) at = place(1);
    settings.push(...entries.map(({ name, value, line }) => ({ name, value, at: place(line) })));
    return undefined;
  };
  const failed = take(main);
  if (failed !== undefined) return failed;
  if (!isHidden(service, `${configurationDirectory}/conf.d`))
    settings.push(...imageSettings.map(([name, value]) => ({ name, value, at: anchor })));
  for (const file of furtherFiles(stack, service)) {
    const wrong = take(file);
    if (wrong !== undefined) return wrong;
  }
  for (const [variable, name] of [
    ['RABBITMQ_DEFAULT_USER', 'default_user'],
    ['RABBITMQ_NODE_PORT', 'listeners.tcp.default'],
  ] as const) {
    const given = service.environment.get(variable);
    if (given?.value !== undefined && given.value !== null && given.value !== '')
      settings.push({ name, value: given.value, at: given.at });
  }
  return { state: 'known', settings, at };
};

/** Reads single settings of one service. */
export const settingsOf = (stack: Stack, service: Service): ((name: string) => Setting) => {
  const read = readSettings(stack, service);
  return (name) => {
    if (read.state === 'unknown') return read;
    const found = read.settings.findLast((setting) => setting.name === name);
    return found === undefined ? { state: 'default', at: read.at } : { state: 'set', value: found.value, at: found.at };
  };
};

/** The value of a setting, or the server's default; undefined where it is unknown. */
export const valueOf = (setting: Setting, byDefault: string): string | undefined =>
  setting.state === 'unknown' ? undefined : setting.state === 'set' ? setting.value : byDefault;

/** Every setting below a name, each with its last value. */
export const settingsBelow = (read: Settings, prefix: string): readonly PlacedSetting[] => {
  if (read.state === 'unknown') return [];
  const found = new Map<string, PlacedSetting>();
  for (const setting of read.settings) if (setting.name.startsWith(`${prefix}.`)) found.set(setting.name, setting);
  return [...found.values()];
};

/** The plugins that are enabled; undefined where the list cannot be read. */
export const pluginsOf = (stack: Stack, service: Service): readonly string[] | undefined => {
  const path = environmentOf(service, 'RABBITMQ_ENABLED_PLUGINS_FILE') ?? `${configurationDirectory}/enabled_plugins`;
  if (hostPathOf(stack, service, path) === undefined)
    return isHidden(service, configurationDirectory) ? [] : imagePlugins(service);
  const text = mountedFile(stack, service, path)?.text;
  // A directory that is mounted without a list leaves the server without plugins.
  if (text === undefined) return isHidden(service, configurationDirectory) ? [] : undefined;
  return parsePlugins(text);
};
