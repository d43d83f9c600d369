import { posix } from 'node:path';

import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { startOf } from './arguments.ts';
import { type ContainerFile, containerFiles } from './container-files.ts';
import { parseHcl } from './hcl/parse-hcl.ts';
import { parseJson } from './hcl/parse-json.ts';
import { type Block, blocksOf, entryOf } from './hcl/read.ts';
import { type Body, type Entry, type Position, SyntaxFault } from './hcl/syntax.ts';

/** One file, or one variable, that the server reads as configuration. */
export interface ConfigurationDocument {
  readonly body: Body;
  /** The file and where the server sees it; absent for a variable of the Compose file. */
  readonly source?: ContainerFile;
  readonly locate: (position: Position) => Location;
}

/** What is known of the configuration that a service runs with. */
export type ServerReading =
  | { readonly state: 'development'; readonly at: Location; readonly tls: boolean; readonly why: string }
  | { readonly state: 'configured'; readonly documents: readonly ConfigurationDocument[] }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Variables whose value the official entry points write to `local.json`. */
const variables = ['VAULT_LOCAL_CONFIG', 'BAO_LOCAL_CONFIG'] as const;

const parse = (path: string, text: string): Body => (path.endsWith('.json') ? parseJson(text) : parseHcl(text));

class Unreadable extends Error {
  readonly at: Location;
  constructor(message: string, at: Location) {
    super(message);
    this.at = at;
  }
}

const readFile = (source: ContainerFile): ConfigurationDocument => {
  const { file, at } = source;
  if (file.text === undefined) throw new Unreadable(`${file.path} is a configuration that cannot be read here`, at);
  const locate = ({ line, column }: Position): Location => ({ file: file.path, line, column });
  try {
    return { body: parse(file.path, file.text), source, locate };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new Unreadable(`${file.path} does not parse: ${error.message}`, locate(error.at));
  }
};

const readVariable = (service: Service, name: string): readonly ConfigurationDocument[] => {
  const variable = service.environment.get(name);
  if (variable === undefined || variable.value === null || variable.value.trim() === '') return [];
  const { value, at } = variable;
  try {
    // The entry point calls the file local.json, but servers read HCL under that name too.
    return [{ body: value.trimStart().startsWith('{') ? parseJson(value) : parseHcl(value), locate: () => at }];
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new Unreadable(`${name} does not parse: ${error.message}`, at);
  }
};

/** A file, or the `.hcl` and `.json` files right inside of a directory, as `-config` takes them. */
const filesAt = (files: readonly ContainerFile[], path: string): readonly ContainerFile[] => {
  const wanted = posix.normalize(path).replace(/(?<=.)\/$/, '');
  const exact = files.find((each) => each.path === wanted);
  if (exact !== undefined) return [exact];
  return files
    .filter((each) => posix.dirname(each.path) === wanted && /\.(?:hcl|json)$/.test(each.path))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
};

/** The configuration of a Vault or OpenBao service, from its command, its mounts and its environment. */
export const readConfiguration = (stack: Stack, service: Service): ServerReading => {
  const start = startOf(stack, service);
  if (start.mode === 'development') return { state: 'development', at: start.at, tls: start.tls, why: start.why };
  if (start.mode === 'unclear') return { state: 'unknown', why: start.why, at: service.at };
  try {
    const files = containerFiles(stack, service);
    const named = start.configurations.map((path) => ({ path, found: filesAt(files, path) }));
    const documents = [
      ...new Set(named.flatMap(({ found }) => found)).values().map(readFile),
      ...variables.flatMap((name) => readVariable(service, name)),
    ];
    const [missing] = named.filter(({ found }) => found.length === 0);
    // The entry point's directory may be empty; a file that the command names may not.
    if (documents.length === 0)
      return {
        state: 'unknown',
        why: `the configuration ${missing?.path ?? 'of the server'} is not among the files of the project`,
        at: service.command?.at ?? service.at,
      };
    return { state: 'configured', documents };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { state: 'unknown', why: error.message, at: error.at };
  }
};

/** The entry that counts: the last one of the last document that has it. */
export const settingOf = (
  documents: readonly ConfigurationDocument[],
  key: string,
): (Entry & { readonly place: Location }) | undefined => {
  for (const { body, locate } of documents.toReversed()) {
    const entry = entryOf(body, key);
    if (entry !== undefined) return { ...entry, place: locate(entry.at) };
  }
  return undefined;
};

/** A block with its place and the way to place what is in it. */
export interface PlacedBlock extends Block {
  readonly place: Location;
  readonly locate: (position: Position) => Location;
}

/** The blocks of that name in all documents. */
export const blocksIn = (
  documents: readonly ConfigurationDocument[],
  key: string,
  labelCount: number,
): readonly PlacedBlock[] =>
  documents.flatMap(({ body, locate }) =>
    blocksOf(body, key, labelCount).map((block) => ({ ...block, place: locate(block.at), locate })),
  );

/** The TCP listeners of a configuration. */
export const tcpListeners = (documents: readonly ConfigurationDocument[]): readonly PlacedBlock[] =>
  blocksIn(documents, 'listener', 1).filter(({ labels }) => labels[0] === 'tcp');
