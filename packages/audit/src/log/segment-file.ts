import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError, reasonOf } from '../errors.ts';
import type { Head } from '../record/line.ts';
import { segmentName, writeFully } from './segments.ts';

/** The segment that is written, and how far it is known to be on the disk. */
export interface SegmentFile {
  readonly segment: number;
  readonly handle: FileHandle;
  readonly inode: number;
  /** Bytes that are on the disk. */
  readonly size: number;
  readonly head: Head;
}

/** What is known after a write: the segment as it is now, or why nothing of it counts and how to go on. */
export type WriteResult =
  | { readonly written: SegmentFile }
  | { readonly failed: AuditError; readonly next: 'same segment' | 'read the tail again' };

/** A segment opened for appending. */
export const openSegment = async (directory: string, segment: number, head: Head): Promise<SegmentFile> => {
  const handle = await open(join(directory, segmentName(segment)), 'a', 0o600);
  const { ino: inode, size } = await handle.stat();
  return { segment, handle, inode, size, head };
};

/** Whether the file under its name is still this one, and nobody but us has written to it. */
const isUntouched = (directory: string, file: SegmentFile): boolean => {
  try {
    const found = statSync(join(directory, segmentName(file.segment)));
    return found.ino === file.inode && found.size === file.size;
  } catch {
    return false;
  }
};

/**
 * Takes back what a failed write left, which nobody was told about. Where that is not possible (chattr(1) +a), the rest
 * stays, and is named by a record when the tail is read again.
 */
const takeBack = async (file: SegmentFile): Promise<boolean> => {
  try {
    await file.handle.truncate(file.size);
    await file.handle.datasync();
    return true;
  } catch {
    return false;
  }
};

/**
 * Appends bytes that end the chain at `head`, and resolves when they are on the disk.
 *
 * After a failed fdatasync the kernel may take pages for clean that never reached the disk, so the tail is read again and
 * not written on as it is. Source: fsync(2), errors; https://wiki.postgresql.org/wiki/Fsync_Errors
 */
export const appendTo = async (
  directory: string,
  file: SegmentFile,
  bytes: Uint8Array,
  head: Head,
): Promise<WriteResult> => {
  if (!isUntouched(directory, file))
    return {
      failed: new AuditError(
        'audit/log-damaged',
        `${join(directory, segmentName(file.segment))} was changed, replaced or removed while it was being written`,
      ),
      next: 'read the tail again',
    };
  let written = false;
  try {
    await writeFully(file.handle, bytes);
    written = true;
    await file.handle.datasync();
    return { written: { ...file, size: file.size + bytes.length, head } };
  } catch (thrown) {
    const failed = new AuditError(
      'audit/write-failed',
      `${join(directory, segmentName(file.segment))} could not be written (${reasonOf(thrown)})`,
    );
    return { failed, next: (await takeBack(file)) && !written ? 'same segment' : 'read the tail again' };
  }
};
