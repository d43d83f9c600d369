import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The file of a segment, for example `00000001.jsonl`. */
export const segmentName = (segment: number): string => `${String(segment).padStart(8, '0')}.jsonl`;

/** Signed checkpoints of a log, one a line, beside its segments. */
export const checkpointsName = 'checkpoints.jsonl';

/** Numbers of the segments in a directory, in order. */
export const listSegments = async (directory: string): Promise<readonly number[]> =>
  (await readdir(directory))
    .flatMap((name) => /^([0-9]{8})\.jsonl$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);

/** Writes everything: a file system with little room takes a part of what it is given. */
export const writeFully = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let offset = 0; offset < bytes.length;) offset += (await handle.write(bytes, offset)).bytesWritten;
};

/** Flushes a directory, so that a new name in it survives a power cut. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Makes a segment with its first line. It appears under its name when that line is on the disk, so that no segment is
 * ever without one. Resolves to the file, open for appending.
 */
export const createSegment = async (directory: string, segment: number, line: Uint8Array): Promise<FileHandle> => {
  const path = join(directory, segmentName(segment));
  const draft = `${path}.partial`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'ax', 0o600);
  try {
    await writeFully(handle, line);
    await handle.datasync();
    await rename(draft, path);
    await syncDirectory(directory);
    return handle;
  } catch (thrown) {
    await handle.close();
    await rm(draft, { force: true });
    throw thrown;
  }
};
