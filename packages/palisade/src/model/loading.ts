import { readDocuments } from './document.ts';
import { readEnvironmentFile } from './dotenv.ts';
import type { Report } from './errors.ts';
import type { Lookup } from './interpolation.ts';
import type { MapNode, Node } from './node.ts';
import { readText } from './read-text.ts';
import { shownPath } from './relative.ts';

/** A file that was read: its documents after anchors, merge keys and interpolation. */
export interface ReadFile {
  readonly documents: readonly MapNode[];
}

/** One document of a Compose file. */
export interface ReadDocument {
  readonly file: string;
  readonly root: MapNode;
  /** `base` for a file that is only read for a service that another one extends. */
  readonly role: 'project' | 'base';
}

/** The key of a file's service in `Loading.inherited`. */
export const inheritanceKey = (file: string, service: string): string => `${file}#${service}`;

/** What loading a project shares between its files. */
export interface Loading {
  /** Absolute directory that shown paths are relative to. */
  readonly directory: string;
  readonly home: string | undefined;
  readonly report: Report;
  /** Text of every Compose file by shown path, in the order of reading. */
  readonly sources: Map<string, string>;
  /** Absolute paths of environment files that were read. */
  readonly environmentFiles: Set<string>;
  /** Receives each document as it was read, before extends and merging. */
  readonly documents: ReadDocument[];
  /** What a service of a file takes over from the one it extends, by `inheritanceKey`. */
  readonly inherited: Map<string, Node>;
}

/** Variables for the interpolation of one project or included project. */
export interface Scope {
  readonly directory: string;
  readonly lookup: Lookup;
}

/** Reads and parses one Compose file; undefined where it is missing. What else is wrong is reported. */
export const readComposeFile = async (
  path: string,
  scope: Scope,
  loading: Loading,
  role: ReadDocument['role'] = 'project',
): Promise<ReadFile | undefined> => {
  const shown = shownPath(loading.directory, path);
  const found = await readText(path, shown, loading.report);
  if (found === 'missing') return undefined;
  if (found === undefined) return { documents: [] };
  loading.sources.set(shown, found.text);
  const documents = readDocuments(shown, found.text, scope.lookup, loading.report);
  for (const root of documents) loading.documents.push({ file: shown, root, role });
  return { documents };
};

/** The lookup of a project: the environment, then its `.env` files, then what is handed in. */
export const scopeOf = async (
  directory: string,
  environmentFiles: readonly string[],
  outer: Lookup,
  loading: Loading,
): Promise<Scope> => {
  const values = new Map<string, string>();
  const lookup: Lookup = (variable) => {
    const before = outer(variable);
    if (before !== undefined) return before;
    const value = values.get(variable);
    return value === undefined ? undefined : { value, source: 'env-file' };
  };
  for (const path of environmentFiles) {
    const shown = shownPath(loading.directory, path);
    const found = await readText(path, shown, loading.report);
    if (found === 'missing' || found === undefined) continue;
    loading.environmentFiles.add(path);
    for (const { name, value } of readEnvironmentFile(shown, found.text, lookup, loading.report))
      if (value !== undefined) values.set(name, value);
  }
  return { directory, lookup };
};
