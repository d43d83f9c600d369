import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lchown, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths } from '../plan/paths.ts';
import { isFileSystemError } from '../../support/files.ts';

/** One thing in a project directory. */
export interface Entry {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'link' | 'other';
  readonly mode: number;
  /** Bytes; 0 for all but files. */
  readonly size: number;
}

/** Directories that are never part of what is hardened. */
const leftOut: ReadonlySet<string> = new Set(['.git', 'node_modules', '.palisade']);

const kindOf = (stats: Stats): Entry['kind'] => {
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isDirectory()) return 'directory';
  return stats.isFile() ? 'file' : 'other';
};

const isPresent = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return false;
    throw thrown;
  }
};

/**
 * What a project directory holds, parents before children, without `.git`, `node_modules`, `.palisade`, the excluded
 * absolute paths and directories that hold `marker`: those are copies that Palisade made. Symbolic links are not
 * followed. Stops where `limit` bytes are exceeded: then the answer is `too-large`.
 */
export const listProject = async (
  source: string,
  exclude: readonly string[],
  marker: string,
  limit: number,
): Promise<readonly Entry[] | 'too-large'> => {
  const entries: Entry[] = [];
  let total = 0;
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const name of await readdir(join(source, below))) {
      const path = below === '' ? name : `${below}/${name}`;
      const location = join(source, path);
      if (leftOut.has(name) || exclude.includes(location)) continue;
      const stats = await lstat(location);
      const kind = kindOf(stats);
      if (kind === 'directory') {
        if (await isPresent(join(location, marker))) continue;
        waiting.push(path);
      }
      const size = kind === 'file' ? stats.size : 0;
      total += size;
      if (total > limit) return 'too-large';
      entries.push({ path, kind, mode: stats.mode & 0o7777, size });
    }
  }
  return entries.toSorted((a, b) => comparePaths(a.path, b.path));
};

/**
 * Copies entries into an existing directory: files with their modes (and owners, for root), links as links. Resolves to
 * what was left out: sockets, devices and pipes.
 */
export const copyEntries = async (
  source: string,
  target: string,
  entries: readonly Entry[],
): Promise<readonly string[]> => {
  const skipped: string[] = [];
  const keepOwners = process.getuid?.() === 0;
  for (const { path, kind, mode } of entries) {
    const [from, to] = [join(source, path), join(target, path)];
    if (kind === 'directory') await mkdir(to, { mode: 0o700 });
    else if (kind === 'link') {
      await symlink(await readlink(from), to);
    } else if (kind === 'file') {
      await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await chmod(to, mode);
    } else skipped.push(path);
    if (kind !== 'other' && keepOwners) {
      const { uid, gid } = await lstat(from);
      await lchown(to, uid, gid);
      // Changing the owner clears set-user-id bits.
      if (kind === 'file') await chmod(to, mode);
    }
  }
  // Last and innermost first: a directory without the right to write takes no more files.
  for (const { path, kind, mode } of entries.toReversed())
    if (kind === 'directory') await chmod(join(target, path), mode);
  return skipped;
};
