import { type Dirent } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import {
  type Checkpoint,
  type CheckpointKey,
  isAuditError,
  listSegments,
  readCheckpointKey,
  readCheckpoints,
} from '@palisade/audit';
import { plural } from '../../report/text.ts';
import { messageOf } from '../../support/errors.ts';
import { isFileSystemError } from '../../support/files.ts';
import { error } from '../errors.ts';

const entriesOf = async (directory: string): Promise<readonly Dirent[]> => {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT') || isFileSystemError(thrown, 'ENOTDIR')) return [];
    throw error('job/audit-log-unreadable', { directory, why: messageOf(thrown) });
  }
};

const holdsLog = async (directory: string, entries: readonly Dirent[]): Promise<boolean> =>
  entries.some(({ name }) => name === 'checkpoints.jsonl') ||
  (entries.length > 0 && (await listSegments(directory)).length > 0);

/** The directories of the logs: the given one, or those directly below it, since each process writes one of its own. */
export const findLogs = async (directory: string): Promise<readonly string[]> => {
  const entries = await entriesOf(directory);
  if (await holdsLog(directory, entries)) return [directory];
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
  const found = await Promise.all(below.map(async (one) => ((await holdsLog(one, await entriesOf(one))) ? [one] : [])));
  return found.flat().toSorted();
};

const readOneFile = async (file: string): Promise<readonly Checkpoint[]> => {
  const unusable = (why: string): Error => error('job/audit-checkpoints-unreadable', { file, why });
  const { checkpoints, unreadable } = await readCheckpoints(file).catch((thrown: unknown) => {
    throw unusable(messageOf(thrown));
  });
  if (unreadable > 0) throw unusable(`${plural(unreadable, 'line')} of it cannot be read as a checkpoint`);
  if (checkpoints.length === 0) throw unusable('there is no checkpoint in it');
  return checkpoints;
};

/**
 * Checkpoints of files that the user names.
 *
 * @throws `job/audit-checkpoints-unreadable`
 */
export const readGiven = async (files: readonly string[]): Promise<readonly Checkpoint[]> =>
  (await Promise.all(files.map(readOneFile))).flat();

/**
 * Public keys of files that the user names.
 *
 * @throws `job/audit-key-unusable`
 */
export const readKeys = (files: readonly string[]): Promise<readonly CheckpointKey[]> =>
  Promise.all(
    files.map(async (file) => {
      try {
        return readCheckpointKey(await readFile(file, 'utf8'));
      } catch (thrown) {
        throw error('job/audit-key-unusable', { file, why: messageOf(thrown) });
      }
    }),
  );

/**
 * What earlier runs remembered; nothing where this is the first one.
 *
 * @throws `job/audit-memory-beside-log`, `job/audit-memory-unusable`
 */
export const readMemory = async (file: string, logs: readonly string[]): Promise<readonly Checkpoint[]> => {
  const beside = logs.find((directory) => !relative(resolve(directory), resolve(file)).startsWith('..'));
  if (beside !== undefined) throw error('job/audit-memory-beside-log', { file, directory: beside });
  const { checkpoints, unreadable } = await readCheckpoints(file).catch((thrown: unknown) => {
    throw error('job/audit-memory-unusable', { file, why: messageOf(thrown) });
  });
  if (unreadable > 0) throw error('job/audit-memory-unusable', { file, why: 'a line of it is no checkpoint' });
  return checkpoints;
};

/** The error of a command for one of a log. */
export const explained = (directory: string, thrown: unknown): unknown =>
  isAuditError(thrown) ? error('job/audit-log-unreadable', { directory, why: thrown.message }) : thrown;
