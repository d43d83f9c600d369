import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';

import type { ProcessCapability, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type Start, startOf, wordsOf } from './arguments.ts';
import { error } from './errors.ts';
import { awaitHealth, serving } from './health.ts';
import { parseHcl } from './hcl/parse-hcl.ts';
import { parseJson } from './hcl/parse-json.ts';
import { blocksOf, entryOf } from './hcl/read.ts';
import { type Body, SyntaxFault, type Value } from './hcl/syntax.ts';
import { apiPort, clusterPort, imageLayout, productOf } from './matching.ts';

/** Variables of the container that mean nothing here, or that a server has no use for and an attacker has. */
const dropped = new Set([
  'VAULT_TOKEN',
  'BAO_TOKEN',
  'VAULT_LOCAL_CONFIG',
  'BAO_LOCAL_CONFIG',
  'VAULT_DEV_LISTEN_ADDRESS',
  'BAO_DEV_LISTEN_ADDRESS',
  'VAULT_DEV_ROOT_TOKEN_ID',
  'BAO_DEV_ROOT_TOKEN_ID',
]);

/** The environment of the server; HOME is its own, because a development server leaves its root token there. */
const environmentOf = ({ environment, layout }: ProcessContext): { readonly [name: string]: string } => ({
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => !dropped.has(name))),
  HOME: layout.stateDirectory,
});

const programOf = ({ program, service }: ProcessContext): string => {
  const found = program('bao') ?? program('vault');
  if (found === undefined) throw error('vault/no-program', { service: service.name });
  return found;
};

/** Every text in a configuration. */
const textsIn = (value: Value): readonly string[] => {
  if (value.kind === 'string') return [value.text];
  if (value.kind === 'list') return value.items.flatMap(textsIn);
  return value.kind === 'object' ? value.body.flatMap((entry) => textsIn(entry.value)) : [];
};

const parse = (path: string, text: string): Body => {
  try {
    return path.endsWith('.json') ? parseJson(text) : parseHcl(text);
  } catch (fault) {
    // The server itself says best what is wrong with its configuration.
    if (fault instanceof SyntaxFault) return [];
    throw fault;
  }
};

/** The configuration as it is here: what is mounted where it is mounted, what lies in the image in the state directory. */
const relocate = (path: string, text: string, { layout }: ProcessContext): string => {
  const inImage = parse(path, text)
    .flatMap((entry) => textsIn(entry.value))
    .filter((value) => /^\/(?!dev\/)/.test(value) && layout.text(value) === value);
  return [...new Set(inImage)].reduce(
    (result, value) => result.replaceAll(`"${value}"`, JSON.stringify(layout.path(value))),
    layout.text(text),
  );
};

const isConfiguration = (path: string): boolean => /\.(?:hcl|json)$/.test(path);

/** The files of one `-config`: itself, or those in the directory, whether that is mounted or they are one by one. */
const filesOf = async (path: string, { layout, service }: ProcessContext): Promise<readonly string[]> => {
  const here = layout.path(path);
  const info = await stat(here).catch(() => undefined);
  if (info?.isFile() === true) return [here];
  const inside = info === undefined ? [] : (await readdir(here)).map((name) => join(here, name));
  const mounted = [...service.mounts, ...service.configs]
    .map(({ target }) => posix.normalize(target))
    .filter((target) => posix.dirname(target) === posix.normalize(path).replace(/(?<=.)\/$/, ''))
    .map((target) => layout.path(target));
  return [...inside, ...mounted].filter(isConfiguration).toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
};

/** The absolute path that a setting holds, as a list of one or none. */
const pathsOf = (block: Body, key: string): readonly string[] => {
  const entry = entryOf(block, key);
  return entry?.value.kind === 'string' && entry.value.text.startsWith('/') ? [entry.value.text] : [];
};

/** Directories that the server expects to find: its storage, and those of its audit logs. */
const directoriesIn = (body: Body): readonly string[] => {
  const storages = [...blocksOf(body, 'storage', 1), ...blocksOf(body, 'backend', 1)];
  const audits = blocksOf(body, 'audit', 2).flatMap((block) => blocksOf(block.body, 'options', 0));
  return [
    ...storages.flatMap((block) => pathsOf(block.body, 'path')),
    ...audits.flatMap((block) => pathsOf(block.body, 'file_path').map((path) => join(path, '..'))),
  ].filter((path) => !path.startsWith('/dev'));
};

/** Writes the relocated configuration and resolves to its directory. */
const writeConfiguration = async (
  context: ProcessContext,
  start: Extract<Start, { readonly mode: 'production' }>,
): Promise<string> => {
  const { layout, service, environment } = context;
  const directory = join(layout.stateDirectory, 'configuration');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const sources = (await Promise.all(start.configurations.map((path) => filesOf(path, context)))).flat();
  const texts = [
    ...(await Promise.all(
      [...new Set(sources)].map(async (path) => ({ name: basename(path), text: await readFile(path, 'utf8') })),
    )),
    ...['VAULT_LOCAL_CONFIG', 'BAO_LOCAL_CONFIG'].flatMap((name) => {
      const text = environment[name];
      return text === undefined || text.trim() === '' ? [] : [{ name: 'local.json', text }];
    }),
  ];
  if (texts.length === 0)
    throw error('vault/no-configuration', { service: service.name, path: start.configurations.join(', ') });
  for (const [index, { name, text }] of texts.entries()) {
    const relocated = relocate(name, text, context);
    for (const needed of directoriesIn(parse(name, relocated))) await mkdir(needed, { recursive: true, mode: 0o700 });
    const path = join(directory, `${String(index).padStart(3, '0')}-${name}`);
    await writeFile(path, relocated, { mode: 0o600 });
  }
  return directory;
};

const health = (context: ProcessContext, wanted: ReadonlySet<number>): ProcessPlan['ready'] => {
  const endpoint = { host: '127.0.0.1', port: context.layout.port(context.service.name, apiPort) };
  return (signal) => awaitHealth(context.service.name, endpoint, wanted, signal);
};

/** The token that the stack wants its development server to have. */
const developmentToken = ({ environment, stack, service }: ProcessContext): string | undefined =>
  environment['VAULT_DEV_ROOT_TOKEN_ID'] ??
  environment['BAO_DEV_ROOT_TOKEN_ID'] ??
  wordsOf(stack, service)
    .map((word) => /^--?dev-root-token-id=(.+)$/.exec(word)?.[1])
    .find((token) => token !== undefined);

/** Flags of a development server that keep their meaning here. */
const kept = /^--?(?:dev-tls|dev-kv-v1|dev-leased-kv|dev-transactional|log-level=\w+|log-format=\w+)$/;

const planDevelopment = async (context: ProcessContext): Promise<ProcessPlan> => {
  const { layout, service, stack } = context;
  const token = developmentToken(context);
  const configuration = join(layout.stateDirectory, 'development.hcl');
  // Otherwise it takes the port above its own for a cluster that it never has.
  await writeFile(configuration, 'disable_clustering = true\n', { mode: 0o600 });
  return {
    prepare: [],
    run: {
      program: programOf(context),
      args: [
        'server',
        '-dev',
        '-dev-no-store-token',
        `-dev-listen-address=127.0.0.1:${layout.port(service.name, apiPort)}`,
        `-config=${configuration}`,
        ...wordsOf(stack, service).filter((word) => kept.test(word)),
      ],
      environment: {
        ...environmentOf(context),
        // In the environment and not among the arguments, which every account of the machine can read.
        ...(token === undefined ? {} : { BAO_DEV_ROOT_TOKEN_ID: token, VAULT_DEV_ROOT_TOKEN_ID: token }),
      },
      workingDirectory: layout.stateDirectory,
    },
    ready: health(context, new Set([200])),
    stopSignal: 'SIGTERM',
  };
};

const planProduction = async (
  context: ProcessContext,
  start: Extract<Start, { readonly mode: 'production' }>,
): Promise<ProcessPlan> => ({
  prepare: [],
  run: {
    program: programOf(context),
    args: ['server', `-config=${await writeConfiguration(context, start)}`],
    environment: environmentOf(context),
    workingDirectory: context.layout.stateDirectory,
  },
  // A sealed server is ready: who unseals it needs it running.
  ready: health(context, serving),
  stopSignal: 'SIGTERM',
  reloadSignal: 'SIGHUP',
});

/** How the service starts here; what is unclear is taken for a server with the image's configuration directory. */
const startHere = (stack: Stack, service: Service): Exclude<Start, { readonly mode: 'unclear' }> => {
  const start = startOf(stack, service);
  return start.mode === 'unclear'
    ? { mode: 'production', configurations: [imageLayout(productOf(service)).configuration] }
    : start;
};

/** Runs OpenBao, or Vault where that is what is installed, with the stack's own command and configuration. */
export const process: ProcessCapability = {
  ports: (service, stack) => (startHere(stack, service).mode === 'development' ? [apiPort] : [apiPort, clusterPort]),
  plan: async (context) => {
    const start = startHere(context.stack, context.service);
    return start.mode === 'development' ? planDevelopment(context) : planProduction(context, start);
  },
};
