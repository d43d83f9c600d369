import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { isFileSystemError, sha256, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';
import type { Entry } from './copy.ts';

/** Where a copied project says what it was copied from; also the sign that Palisade made it. */
export const recordPath = '.palisade/source.json';

const sourceRecord = z.strictObject({
  schemaVersion: z.literal(1),
  /** Absolute path of the directory that was copied. */
  source: z.string(),
  /** Mode and SHA-256 by path; for links, SHA-256 of what they point to. */
  files: z.record(z.string(), z.string()),
});

/** What a copied project was copied from. */
export type SourceRecord = z.infer<typeof sourceRecord>;

const digestOfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

/** The record of a project as it stands. */
export const recordOf = async (source: string, entries: readonly Entry[]): Promise<SourceRecord> => {
  const files: Record<string, string> = {};
  for (const { path, kind, mode } of entries) {
    const location = join(source, path);
    if (kind === 'file') files[path] = `${mode.toString(8)} ${await digestOfFile(location)}`;
    else if (kind === 'link') files[path] = `link ${sha256(await readlink(location))}`;
  }
  return { schemaVersion: 1, source, files };
};

/** Paths that differ between two records, sorted. */
export const changedPaths = (before: SourceRecord, now: SourceRecord): readonly string[] =>
  [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])]
    .filter((path) => before.files[path] !== now.files[path])
    .toSorted();

/** Writes the record into a copied project. Its directory has to exist. */
export const writeRecord = (target: string, record: SourceRecord): Promise<void> =>
  writeFileAtomically(join(target, recordPath), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });

/** The record of a copied project; undefined where there is none. Throws `engine/target-record-damaged`. */
export const readRecord = async (target: string): Promise<SourceRecord | undefined> => {
  const file = join(target, recordPath);
  try {
    return sourceRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    if (isFileSystemError(cause, 'ENOENT') || isFileSystemError(cause, 'ENOTDIR')) return undefined;
    throw error('engine/target-record-damaged', { file }, cause);
  }
};
