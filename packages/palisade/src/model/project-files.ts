import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { FileSource, ProjectFile, Service } from '../contracts/stack.ts';
import { mapConcurrently } from '../support/concurrency.ts';
import type { Report } from './errors.ts';
import { trackedFiles } from './git.ts';
import { decode, readBytes } from './read-text.ts';
import { shownPath } from './relative.ts';
import { sensitivityOf } from './sensitivity.ts';

/** Bounds of what is read beside the Compose files. */
const mostFiles = 500;
const mostBytesEach = 1024 * 1024;
const deepest = 4;
const mostEntries = 5000;
const atOnce = 16;

/** What a file is used for; a secret's text is never kept. */
type Use = 'mounted' | 'secret' | 'environment';

/** Directories whose content is the machine's, not the project's. */
const systemDirectories =
  /^\/(?:|(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(?:\/(?:lib|log|run|local|share|spool|cache))*)$/;
const skippedDirectories = new Set(['.git', 'node_modules', '.palisade']);

/**
 * Reads the regular files that the services use: bind mounts and what directories hold, Dockerfiles, environment files,
 * top-level secrets and configs. Private keys and secrets come without their text.
 */
export const readProjectFiles = async (
  project: {
    readonly directory: string;
    readonly services: Iterable<Pick<Service, 'mounts' | 'build'>>;
    readonly secrets: Iterable<FileSource>;
    readonly configs: Iterable<FileSource>;
    readonly environmentFiles: Iterable<string>;
  },
  report: Report,
): Promise<ReadonlyMap<string, ProjectFile>> => {
  const uses = new Map<string, Use>();
  const add = (path: string, use: Use): void => {
    if (!uses.has(path)) uses.set(path, use);
  };
  for (const { file } of project.secrets) if (file !== undefined) add(file, 'secret');
  for (const path of project.environmentFiles) add(path, 'environment');
  for (const { file } of project.configs) if (file !== undefined) add(file, 'mounted');
  for (const { mounts, build } of project.services) {
    for (const { type, source } of mounts) if (type === 'bind' && source !== undefined) add(source, 'mounted');
    if (build !== undefined && !/^[a-z+]+:\/\/|^git@/.test(build.value.context))
      add(resolve(build.value.context, build.value.dockerfile), 'mounted');
  }
  const budget = { entries: mostEntries };
  const listed = await mapConcurrently([...uses], atOnce, ([path, use]) =>
    filesBelow(path, use, project.directory, budget),
  );
  // A secret stays one where a directory around it is mounted too.
  const found = new Map<string, Use>();
  for (const [path, use] of listed.flat()) if (!found.has(path)) found.set(path, use);
  const paths = [...found].slice(0, mostFiles);
  if (found.size > mostFiles || budget.entries <= 0) {
    const at = { file: '.', line: 1, column: 1 };
    report('warning', 'model/files-bounded', { limit: mostFiles }, at);
  }
  const files = await mapConcurrently(paths, atOnce, ([path, use]) => readProjectFile(path, use, project.directory));
  const present = files.filter((file) => file !== undefined);
  const tracked = await trackedFiles(
    project.directory,
    present.map(({ path }) => path),
  );
  return new Map(
    present.map((file) => [
      file.path,
      tracked === undefined || file.path.startsWith(sep) ? file : { ...file, tracked: tracked.has(file.path) },
    ]),
  );
};

/** A path itself where it is a file, the files below it where it is a directory of the project or like one. */
const filesBelow = async (
  path: string,
  use: Use,
  project: string,
  budget: { entries: number },
): Promise<readonly (readonly [string, Use])[]> => {
  try {
    const status = await stat(path);
    if (status.isFile()) return [[path, use]];
    const isAncestor = project !== path && project.startsWith(path === sep ? sep : `${path}${sep}`);
    if (!status.isDirectory() || isAncestor || systemDirectories.test(path)) return [];
    return await walk(path, use, deepest, budget);
  } catch {
    // What is not there or may not be looked at is no file of the project.
    return [];
  }
};

const walk = async (
  directory: string,
  use: Use,
  levels: number,
  budget: { entries: number },
): Promise<readonly (readonly [string, Use])[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const found: (readonly [string, Use])[] = [];
  // Links are not followed: they may lead out of the directory.
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (budget.entries <= 0) break;
    budget.entries -= 1;
    const path = join(directory, entry.name);
    if (entry.isFile()) found.push([path, use]);
    else if (entry.isDirectory() && levels > 1 && !skippedDirectories.has(entry.name))
      found.push(...(await walk(path, use, levels - 1, budget).catch(() => [])));
  }
  return found;
};

const readProjectFile = async (path: string, use: Use, directory: string): Promise<ProjectFile | undefined> => {
  const found = await readBytes(path, mostBytesEach);
  const shown = shownPath(directory, path);
  const names = { name: basename(path), directory: basename(dirname(path)), isSecret: use === 'secret' };
  if (found.state === 'missing') return undefined;
  if (found.state === 'unreadable') {
    const status = await stat(path).catch(() => undefined);
    return status === undefined
      ? undefined
      : { path: shown, mode: status.mode & 0o7777, size: status.size, sensitivity: sensitivityOf(names, undefined) };
  }
  const { mode, size } = found;
  if (found.state === 'too-large') return { path: shown, mode, size, sensitivity: sensitivityOf(names, undefined) };
  const decoded = decode(found.bytes);
  const text = 'text' in decoded ? decoded.text : undefined;
  const sensitivity = sensitivityOf({ ...names, isEnvironment: use === 'environment' }, text);
  const isOpen = sensitivity === 'plain' || sensitivity === 'certificate';
  return { path: shown, mode, size, sensitivity, ...(isOpen && text !== undefined ? { text } : {}) };
};
