import { constants, open } from 'node:fs/promises';
import { messageOf } from '../support/errors.ts';
import { isFileSystemError } from '../support/files.ts';
import type { Report } from './errors.ts';

/** Bytes of a Compose file, environment file or `palisade.yaml` that are read at most. */
export const mostBytes = 1024 * 1024;

/** The bytes of a regular file within the bound, or why there are none. */
export type Bytes =
  | { readonly state: 'read'; readonly bytes: Buffer; readonly mode: number; readonly size: number }
  | { readonly state: 'missing' }
  | { readonly state: 'too-large'; readonly mode: number; readonly size: number }
  | { readonly state: 'unreadable'; readonly reason: string };

/** Reads a regular file of at most `limit` bytes; a pipe or device is not opened for long enough to block. */
export const readBytes = async (path: string, limit: number): Promise<Bytes> => {
  try {
    // O_NONBLOCK: opening a named pipe without a writer would wait for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await handle.stat();
      if (!status.isFile()) return { state: 'unreadable', reason: 'it is not a regular file' };
      const mode = status.mode & 0o7777;
      if (status.size > limit) return { state: 'too-large', mode, size: status.size };
      return { state: 'read', bytes: await handle.readFile(), mode, size: status.size };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT') || isFileSystemError(thrown, 'ENOTDIR')) return { state: 'missing' };
    return { state: 'unreadable', reason: reasonOf(thrown) };
  }
};

const reasonOf = (thrown: unknown): string =>
  isFileSystemError(thrown, 'EACCES')
    ? 'permission denied'
    : isFileSystemError(thrown, 'EISDIR')
      ? 'it is a directory'
      : messageOf(thrown);

/** UTF-8 bytes as text without byte order mark, or what they look like instead. */
export const decode = (bytes: Buffer): { readonly text: string } | { readonly found: string } => {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return { found: 'UTF-16' };
  if (bytes.includes(0)) return { found: 'a binary file' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { found: 'Latin-1 or another old encoding' };
  }
};

/** Reads a text file and reports why where it cannot; undefined then, and where it is missing. */
export const readText = async (
  path: string,
  shown: string,
  report: Report,
): Promise<{ readonly text: string } | 'missing' | undefined> => {
  const at = { file: shown, line: 1, column: 1 };
  const found = await readBytes(path, mostBytes);
  if (found.state === 'missing') return 'missing';
  if (found.state === 'unreadable') report('error', 'model/file-unreadable', { file: shown, reason: found.reason }, at);
  else if (found.state === 'too-large')
    report('error', 'model/file-too-large', { file: shown, size: found.size, limit: mostBytes }, at);
  else {
    const decoded = decode(found.bytes);
    if ('text' in decoded) return decoded;
    report('error', 'model/file-encoding', { file: shown, found: decoded.found }, at);
  }
  return undefined;
};
