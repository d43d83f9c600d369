import { lstat, mkdir, open, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isFileSystemError, setMode, syncDirectory, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';
import { projectPath } from '../plan/paths.ts';
import type { FileState } from './file-state.ts';

/** Replaces a file atomically; the signature of `writeFileAtomically`. */
export type WriteFile = typeof writeFileAtomically;

/** The plain files of one directory. Paths are relative; none leads out of it, by `..` or by a symbolic link. */
export interface Site {
  readonly read: (path: string) => Promise<FileState>;
  /** Directories that have to be made for a file, outermost first. */
  readonly missingDirectories: (path: string) => Promise<readonly string[]>;
  /** Makes a file be what the state says, durably. Directories are made where they are missing. */
  readonly write: (path: string, file: FileState) => Promise<void>;
  /** Removes directories that are empty; others stay. */
  readonly removeEmpty: (directories: readonly string[]) => Promise<void>;
}

const kindOf = async (path: string): Promise<'absent' | 'file' | 'directory' | 'link' | 'other'> => {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return 'link';
    return stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT') || isFileSystemError(thrown, 'ENOTDIR')) return 'absent';
    throw thrown;
  }
};

const descriptions = { directory: 'a directory', link: 'a symbolic link', other: 'a device or a socket' } as const;

const syncFile = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The directories above a file, outermost first. */
const parents = (path: string): readonly string[] => {
  const parts = projectPath(path).split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
};

/** Opens a directory as a site. `write` stands in for the atomic write in tests of full disks. */
export const openSite = (directory: string, write: WriteFile = writeFileAtomically): Site => {
  const locate = async (path: string): Promise<string> => {
    for (const parent of parents(path)) {
      const kind = await kindOf(join(directory, parent));
      if (kind === 'absent') break;
      if (kind !== 'directory')
        throw error('engine/not-a-plain-file', { path: parent, what: kind === 'file' ? 'a file' : descriptions[kind] });
    }
    return join(directory, projectPath(path));
  };
  const read = async (path: string): Promise<FileState> => {
    const location = await locate(path);
    const kind = await kindOf(location);
    if (kind === 'absent') return { state: 'absent' };
    if (kind !== 'file') throw error('engine/not-a-plain-file', { path, what: descriptions[kind] });
    const { mode, uid, gid } = await lstat(location);
    return { state: 'file', content: await readFile(location), mode: mode & 0o7777, owner: { uid, gid } };
  };
  const missingDirectories = async (path: string): Promise<readonly string[]> => {
    const missing: string[] = [];
    for (const parent of parents(path)) if ((await kindOf(join(directory, parent))) === 'absent') missing.push(parent);
    return missing;
  };
  return {
    read,
    missingDirectories,
    write: async (path, file) => {
      const location = await locate(path);
      const temporary = join(dirname(location), `.${basename(location)}.palisade-partial`);
      const there = await read(path);
      if (file.state === 'absent') {
        // The parents may be missing as well, where a killed run had not made them yet.
        if ((await missingDirectories(path)).length > 0) return;
        await rm(temporary, { force: true });
        await rm(location, { force: true });
        await syncDirectory(dirname(location));
        return;
      }
      if (there.state === 'file' && there.content.equals(file.content)) {
        await rm(temporary, { force: true });
        await setMode(location, file.mode);
        await syncFile(location);
        return;
      }
      // Who may not read the file may not list what is beside it.
      const directoryMode = (file.mode & 0o077) === 0 ? 0o700 : 0o755;
      for (const parent of await missingDirectories(path)) {
        await mkdir(join(directory, parent));
        await setMode(join(directory, parent), directoryMode);
        await syncDirectory(dirname(join(directory, parent)));
      }
      await write(location, file.content, { mode: file.mode, ...file.owner }, temporary);
    },
    removeEmpty: async (directories) => {
      for (const inner of directories.toReversed()) {
        const location = join(directory, inner);
        try {
          await rmdir(location);
          await syncDirectory(dirname(location));
        } catch (thrown) {
          // Somebody else's file lives there now, or an earlier run removed it.
          if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].some((code) => isFileSystemError(thrown, code))) throw thrown;
        }
      }
    },
  };
};
