import { constants } from 'node:fs';
import { type FileHandle, copyFile, open, stat, truncate } from 'node:fs/promises';

/** Bytes of a log after which it is rotated. */
export const LOG_LIMIT = 10 * 1024 * 1024;

/**
 * Copies a log that has grown beyond the limit to `<file>.1` and empties it. The file stays the same one, because the
 * service holds it open for appending; lines written between the two steps are lost, as with logrotate's copytruncate.
 */
export const rotateLog = async (file: string, limit: number): Promise<void> => {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined || info.size <= limit) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
};

/** Opens a log for appending, as a descriptor for a child. */
export const openLog = (file: string): Promise<FileHandle> =>
  open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);

/** Size of a log in bytes; 0 where there is none. */
export const logSize = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0;

const TAIL_BYTES = 16 * 1024;

/** The last lines of a log that were written behind `from` bytes, and of its last `bytes`. */
export const logTail = async (
  file: string,
  from: number,
  lines: number,
  bytes = TAIL_BYTES,
): Promise<readonly string[]> => {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const { size } = await handle.stat();
    const start = Math.max(from > size ? 0 : from, size - bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    return text
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .slice(-lines);
  } finally {
    await handle.close();
  }
};

const SENSITIVE_NAME = /pass|secret|token|key|credential|auth/i;

/**
 * Takes secrets out of a line of a service's log before a user sees it in an error: values of variables with telling
 * names, passwords in URLs, tokens and keys as Vault prints them.
 */
export const redactLine = (line: string, environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .filter(([name, value]) => SENSITIVE_NAME.test(name) && value.length >= 4)
    .map(([, value]) => value)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, value) => text.replaceAll(value, '‹redacted›'), line)
    .replaceAll(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, '$1:‹redacted›@')
    .replaceAll(/\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, '‹redacted›')
    .replaceAll(/\b((?:root token|unseal key(?: \d+)?|password|secret[-_ ]?id)["']?\s*[:=]\s*)\S+/gi, '$1‹redacted›');
