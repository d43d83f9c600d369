import { cp, lstat, rename, rm } from 'node:fs/promises';
import { isFileSystemError } from '../../support/files.ts';

/** Sockets and pipes are made by whoever listens on them, and cannot be copied. */
const isContent = async (path: string): Promise<boolean> => {
  const info = await lstat(path);
  return info.isFile() || info.isDirectory() || info.isSymbolicLink();
};

/**
 * Moves a directory as a whole: across file systems by a copy that takes its name only when it is complete. A copy belongs
 * to whoever runs this; the services get theirs when they start.
 */
export const moveDirectory = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (thrown) {
    if (!isFileSystemError(thrown, 'EXDEV')) throw thrown;
    const partial = `${to}.partial`;
    await rm(partial, { recursive: true, force: true });
    await cp(from, partial, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      filter: isContent,
    });
    await rename(partial, to);
    await rm(from, { recursive: true, force: true });
  }
};
