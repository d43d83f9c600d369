import { stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, resolve } from 'node:path';
import type { ServiceKind } from '../contracts/service-kind.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import type { Location } from '../contracts/location.ts';
import { readConfiguration } from './configuration.ts';
import { findEdges } from './edges.ts';
import { withEnvironmentFiles } from './environment-files.ts';
import { collectDiagnostics, error } from './errors.ts';
import type { Lookup } from './interpolation.ts';
import { recognise } from './kinds.ts';
import { type Loading, scopeOf } from './loading.ts';
import { type MapNode, child, entriesOf, textOf } from './node.ts';
import { rememberOrigins } from './origins.ts';
import { loadFiles } from './project.ts';
import { readProjectFiles } from './project-files.ts';
import { checkReferences } from './references.ts';
import { shownPath } from './relative.ts';
import { type PlainService, readService } from './service.ts';
import { readFileSources, readNetworks, readVolumes } from './top-level.ts';
import { validate } from './validate.ts';

/** What to load. */
export interface LoadOptions {
  /** The project directory. */
  readonly directory: string;
  /** Compose files, relative to the directory; where absent COMPOSE_FILE, then the standard names. */
  readonly files?: readonly string[];
  /** Active profiles; where absent COMPOSE_PROFILES. `*` activates all. */
  readonly profiles?: readonly string[];
  /** Variables for the interpolation; they come before `.env`. */
  readonly environment: { readonly [name: string]: string | undefined };
  readonly kinds: readonly ServiceKind[];
  /** Milliseconds since the epoch, for what expires; the stack's `readAt`. */
  readonly readAt?: number;
}

/**
 * Loads a Compose project. What is wrong inside of its files becomes a diagnostic of the stack, and the rest is loaded.
 *
 * @throws `model/directory-missing`, `model/no-compose-file`, `model/file-missing`, `model/configuration-invalid`
 */
export const loadStack = async (options: LoadOptions): Promise<Stack> => {
  const directory = resolve(options.directory);
  if (!(await isDirectory(directory))) throw error('model/directory-missing', { directory });
  const { report, all } = collectDiagnostics();
  const loading: Loading = {
    directory,
    home: options.environment['HOME'],
    report,
    sources: new Map(),
    environmentFiles: new Set(),
    documents: [],
    inherited: new Map(),
  };
  const environment: Lookup = (name) => {
    const value = options.environment[name];
    return value === undefined ? undefined : { value, source: 'environment' };
  };
  const environmentFiles = listed(options.environment['COMPOSE_ENV_FILES'] ?? '.env', ',');
  const scope = await scopeOf(
    directory,
    environmentFiles.map((file) => resolve(directory, file)),
    environment,
    loading,
  );
  const wanted =
    options.files ??
    listed(scope.lookup('COMPOSE_FILE')?.value, scope.lookup('COMPOSE_PATH_SEPARATOR')?.value ?? delimiter);
  const paths =
    wanted.length > 0
      ? wanted.map((file) => (isAbsolute(file) ? file : resolve(directory, file)))
      : await standardFiles(directory);
  if (paths.length === 0) throw error('model/no-compose-file', { directory });
  const configuration = await readConfiguration(directory, options.kinds);
  const start: Location = { file: shownPath(directory, paths[0] ?? directory), line: 1, column: 1 };
  const root: MapNode = (await loadFiles(paths, scope, loading, [], (path) => {
    throw error('model/file-missing', { file: shownPath(directory, path) });
  })) ?? { type: 'map', at: start, entries: new Map() };

  for (const { root: document } of loading.documents) validate(document, report);
  const hostPaths = { directory, home: loading.home };
  const plainServices = new Map<string, PlainService>();
  for (const [name, entry] of entriesOf(child(root, 'services'))) {
    const service = readService(name, entry, hostPaths, report);
    plainServices.set(name, await withEnvironmentFiles(service, child(entry.value, 'env_file'), scope, loading));
  }
  const profiles = options.profiles ?? listed(scope.lookup('COMPOSE_PROFILES')?.value, ',');
  const services = new Map<string, Service>();
  for (const [name, service] of plainServices)
    services.set(name, {
      ...service,
      ...recognise(service, options.kinds, configuration.services.get(name)?.kind),
      active:
        service.profiles.length === 0 ||
        profiles.includes('*') ||
        service.profiles.some((profile) => profiles.includes(profile)),
    });
  const usesDefault = [...services.values()].some(({ networks }) =>
    networks.some(({ network }) => network === 'default'),
  );
  const networks = readNetworks(root, usesDefault, start);
  const volumes = readVolumes(root);
  const secrets = readFileSources(root, 'secrets', hostPaths);
  const configs = readFileSources(root, 'configs', hostPaths);
  const files = await readProjectFiles(
    {
      directory,
      services: services.values(),
      secrets: secrets.values(),
      configs: configs.values(),
      environmentFiles: loading.environmentFiles,
    },
    report,
  );
  checkReferences(services, { networks, volumes, secrets, configs }, report);
  rememberOrigins(loading.sources, { documents: loading.documents, root, inherited: loading.inherited });
  return {
    name: projectName(scope.lookup('COMPOSE_PROJECT_NAME')?.value ?? textOf(child(root, 'name')), directory),
    directory,
    composeFiles: [...loading.sources.keys()],
    services,
    networks,
    volumes,
    secrets,
    configs,
    edges: findEdges(services),
    files,
    sources: loading.sources,
    diagnostics: all(),
    configuration,
    traits: new Map(options.kinds.map((kind) => [kind.id, kind])),
    ...(options.readAt === undefined ? {} : { readAt: options.readAt }),
  };
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const listed = (text: string | undefined, separator: string): readonly string[] =>
  (text ?? '').split(separator).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));

const stems = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

/** The first standard file that exists, and the override file beside it. */
const standardFiles = async (directory: string): Promise<readonly string[]> => {
  const first = async (names: readonly string[]): Promise<string | undefined> => {
    for (const name of names) if (await exists(resolve(directory, name))) return name;
    return undefined;
  };
  const main = await first(stems);
  if (main === undefined) return [];
  const override = await first(stems.map((name) => name.replace('.', '.override.')));
  return [main, ...(override === undefined ? [] : [override])].map((name) => resolve(directory, name));
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
};

/** The project's name as Compose normalises it: lower case letters, digits, `-` and `_`. */
const projectName = (written: string | undefined, directory: string): string =>
  (written === undefined || written === '' ? basename(directory) : written)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
