import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, chmod, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Flushes a directory, so that a rename or a new name in it survives a power cut. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Rights of a file written atomically. */
export interface FileRights {
  /** Permission bits, set exactly, whatever the umask. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Replaces a file as a whole: temporary file in the same directory, fsync, rename, fsync of the directory. A reader sees
 * the old text or the new one, never a part. The directory has to exist. The temporary file may be named by a caller who
 * cleans up after a killed run; what stands there is replaced.
 */
export const writeFileAtomically = async (
  path: string,
  content: string | Uint8Array,
  rights: FileRights,
  temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`),
): Promise<void> => {
  let handle: FileHandle | undefined;
  try {
    await rm(temporary, { force: true });
    handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(content);
    if (rights.uid !== undefined) await handle.chown(rights.uid, rights.gid ?? rights.uid);
    await handle.chmod(rights.mode);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await handle?.close();
    await rm(temporary, { force: true });
    throw error;
  }
};

/** SHA-256 of a text or of bytes, in hex. */
export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Sets permission bits. */
export const setMode = (path: string, mode: number): Promise<void> => chmod(path, mode);

/** True where the thrown thing is a file system error with that code (`ENOENT`). */
export const isFileSystemError = (thrown: unknown, code: string): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === code;
