import { statSync } from 'node:fs';
import { chmod, lchown, lstat, mkdir, opendir, readdir, realpath, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './accounts.ts';

/** Permission bits of one class of users (inode(7)); SEARCH is what running a program takes, too. */
export const READ = 4;
export const WRITE = 2;
export const SEARCH = 1;

/** Trees with more entries are no configuration, and are judged by their first ones. */
const MOST_ENTRIES = 2000;

/** True where owner, group and permission bits give the account all of these rights. */
export const allows = (
  info: { readonly mode: number; readonly uid: number; readonly gid: number },
  account: Account,
  bits: number,
): boolean => {
  const shift = info.uid === account.uid ? 6 : info.gid === account.gid ? 3 : 0;
  return account.uid === 0 || ((info.mode >> shift) & bits) === bits;
};

/** The directories that contain a path, the root directory first. */
export const directoriesAbove = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === path ? [] : [...directoriesAbove(parent), parent];
};

/**
 * The first directory above `path` that the account may not enter; undefined where the way is open or ends before.
 * Judged by owner, group and permission bits: an access control list that opens more is not seen.
 */
export const closedDirectory = (path: string, account: Account): string | undefined => {
  for (const directory of directoriesAbove(path)) {
    const info = statSync(directory, { throwIfNoEntry: false });
    if (info === undefined) return undefined;
    if (!allows(info, account, SEARCH)) return directory;
  }
  return undefined;
};

/** A file or directory found below a path. */
export interface Entry {
  readonly path: string;
  readonly directory: boolean;
  readonly size: number;
  /** True for a program or script that its owner may run. */
  readonly executable: boolean;
}

/**
 * Everything below a path, itself first. Symbolic links are followed where they stay below it: what counts is what a
 * reader gets, but a link that leads out of a tree must not make anybody copy what lies there.
 */
export const entriesBelow = async (path: string): Promise<readonly Entry[]> => {
  const entries: Entry[] = [];
  const top = await realpath(path).catch(() => path);
  const visit = async (current: string): Promise<void> => {
    const real = await realpath(current).catch(() => undefined);
    if (real === undefined || !isWithin(real, top) || entries.length >= MOST_ENTRIES) return;
    const info = await stat(current);
    entries.push({
      path: current,
      directory: info.isDirectory(),
      size: info.size,
      executable: info.isFile() && (info.mode & 0o100) !== 0,
    });
    if (info.isDirectory()) for (const name of (await readdir(current)).toSorted()) await visit(join(current, name));
  };
  await visit(path);
  return entries;
};

/** True where a path is a directory or lies below it. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/**
 * Removes symbolic links below a directory that lead out of it. A service owns its directory; root writes into it before
 * each start, and must not be led to other files by what the service has left there.
 */
export const removeForeignLinks = async (directory: string): Promise<void> => {
  const top = await realpath(directory).catch(() => undefined);
  if (top === undefined) return;
  const visit = async (current: string): Promise<void> => {
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) await visit(path);
      if (!entry.isSymbolicLink()) continue;
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined || !isWithin(real, top)) await unlink(path);
    }
  };
  await visit(directory);
};

/** What keeps the account from reading a file or a whole tree; undefined where nothing does. */
export const obstacleTo = async (path: string, account: Account): Promise<string | undefined> => {
  const closed = closedDirectory(path, account);
  if (closed !== undefined) return closed;
  for (const entry of await entriesBelow(path))
    if (!allows(await stat(entry.path), account, entry.directory ? READ | SEARCH : READ)) return entry.path;
  return undefined;
};

/**
 * Gives a tree to an account; with `from`, only what belongs to that user. Symbolic links are not followed, and a file
 * with further hard links keeps its owner: the account may have linked it there, and it may be somebody else's.
 */
export const giveTree = async (path: string, account: Account, from?: number): Promise<void> => {
  const info = await lstat(path);
  if (info.isSymbolicLink()) return;
  const foreign = info.uid !== account.uid || info.gid !== account.gid;
  const mine = from === undefined || info.uid === from;
  if (foreign && mine && (info.isDirectory() || info.nlink === 1)) await lchown(path, account.uid, account.gid);
  if (info.isDirectory())
    for await (const entry of await opendir(path)) await giveTree(join(path, entry.name), account, from);
};

/**
 * Makes a directory with exactly that owner and mode, whatever the umask. Directories above it that were missing may be
 * entered by every account (0711), so that a service finds the way to what is its own.
 */
export const ownDirectory = async (
  path: string,
  owner: { readonly uid: number; readonly gid: number },
  mode: number,
): Promise<void> => {
  const first = await mkdir(path, { recursive: true });
  for (const directory of directoriesAbove(path))
    if (first !== undefined && directory.length >= first.length) await chmod(directory, 0o711);
  const info = await lstat(path);
  if (info.uid !== owner.uid || info.gid !== owner.gid) await lchown(path, owner.uid, owner.gid);
  if ((info.mode & 0o7777) !== mode) await chmod(path, mode);
};
