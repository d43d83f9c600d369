import { mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../support/errors.ts';
import { isFileSystemError, syncDirectory } from '../../support/files.ts';
import { makeState } from '../apply/state-directory.ts';
import { error } from '../errors.ts';
import { isBelow } from '../plan/paths.ts';
import { type Entry, copyEntries, listProject } from './copy.ts';
import { changedPaths, readRecord, recordOf, recordPath, writeRecord } from './record.ts';

/** What is copied where. */
export interface TargetOptions {
  /** The project directory. */
  readonly source: string;
  /** The directory to make, for example `./hardened`; it may lie in the project. */
  readonly target: string;
  /** Most bytes that are copied; 200 MiB where absent. */
  readonly limit?: number;
}

/** What stands in the target now. */
export interface PreparedTarget {
  /** Absolute path. */
  readonly directory: string;
  /** False where an earlier run made it; then nothing was copied. */
  readonly made: boolean;
  /** Files of the source that differ from what the target was copied from. */
  readonly sourceChanged: readonly string[];
  /** Sockets, devices and pipes that were not copied. */
  readonly skipped: readonly string[];
}

const defaultLimit = 200 * 1024 * 1024;

/** The absolute path with its symbolic links resolved, as far as it exists. */
const resolved = async (path: string): Promise<string> => {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (thrown) {
    if (!isFileSystemError(thrown, 'ENOENT') || dirname(absolute) === absolute) throw thrown;
    return join(await resolved(dirname(absolute)), basename(absolute));
  }
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const namesIn = async (directory: string): Promise<readonly string[] | undefined> => {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    if (isFileSystemError(thrown, 'ENOTDIR')) return ['a file'];
    throw thrown;
  }
};

const partialMark = '.palisade/partial';

/** Makes way for a fresh copy: what a killed run left is removed, what anybody else made is not. */
const clearPartial = async (partial: string): Promise<void> => {
  const names = await namesIn(partial);
  if (names === undefined) return;
  const ours = names.length === 0 || (await namesIn(join(partial, '.palisade')))?.includes(basename(partialMark));
  if (ours !== true) throw error('engine/target-not-ours', { target: partial });
  await rm(partial, { recursive: true, force: true });
};

const make = async (source: string, target: string, entries: readonly Entry[]): Promise<readonly string[]> => {
  const partial = `${target}.partial`;
  await clearPartial(partial);
  await mkdir(dirname(target), { recursive: true });
  await mkdir(partial);
  const paths = await makeState(partial);
  await writeFile(join(partial, partialMark), '', { mode: 0o600 });
  const skipped = await copyEntries(source, partial, entries);
  // Of the copy, not of the source: what the target holds is what is recorded, also where the source changes meanwhile.
  await writeRecord(partial, { ...(await recordOf(partial, entries)), source });
  await rm(join(partial, partialMark));
  await syncDirectory(paths.root);
  await rename(partial, target);
  await syncDirectory(dirname(target));
  return skipped;
};

/**
 * Copies a project to where it will be hardened, as a whole or not at all. `.git`, `node_modules`, `.palisade`, and
 * earlier copies stay out. A target that Palisade made before is left as it is, and what changed in the source since is
 * told.
 *
 * Throws `engine/target-not-ours`, `engine/target-encloses-source`, `engine/source-too-large`, `engine/source-missing`,
 * `engine/directory-not-writable`; with nothing copied.
 */
export const prepareTarget = async (options: TargetOptions): Promise<PreparedTarget> => {
  const { limit = defaultLimit } = options;
  if (!(await isDirectory(options.source))) throw error('engine/source-missing', { source: options.source });
  const source = await resolved(options.source);
  const target = await resolved(options.target);
  if (source === target || isBelow(source, target === '/' ? '' : target))
    throw error('engine/target-encloses-source', { source, target });

  const record = await readRecord(target);
  const names = await namesIn(target);
  if (record === undefined && names !== undefined && names.length > 0)
    throw error('engine/target-not-ours', { target });
  const entries = await listProject(source, [target, `${target}.partial`], recordPath, limit);
  if (entries === 'too-large') throw error('engine/source-too-large', { source, limit });
  if (record !== undefined)
    return {
      directory: target,
      made: false,
      sourceChanged: changedPaths(record, await recordOf(source, entries)),
      skipped: [],
    };
  try {
    return { directory: target, made: true, sourceChanged: [], skipped: await make(source, target, entries) };
  } catch (cause) {
    if (
      cause instanceof Error &&
      'code' in cause &&
      ['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes(String(cause.code))
    )
      throw error('engine/directory-not-writable', { directory: target, why: messageOf(cause) }, cause);
    throw cause;
  }
};
