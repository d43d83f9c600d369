import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { AuditError, reasonOf } from '../errors.ts';
import { type Head, encodeLine } from '../record/line.ts';
import type { ChainNote } from '../record/record.ts';
import type { HeldLock } from './lock.ts';
import type { Receipt } from './receipt.ts';
import { type SegmentFile, appendTo, openSegment } from './segment-file.ts';
import { createSegment } from './segments.ts';
import { readTail } from './tail.ts';

/** Limits of a writer. */
export interface WriterLimits {
  /** Bytes from which on the next record goes into a new segment. */
  readonly segmentBytes: number;
  /** Bytes that are written with one fdatasync, at most. */
  readonly batchBytes: number;
  /** Bytes that wait to be written, at most. */
  readonly queueBytes: number;
}

/** What a writer works on. */
export interface WriterSetting {
  readonly directory: string;
  readonly log: string;
  readonly lock: HeldLock;
  readonly limits: WriterLimits;
  /** The content of a record that the log writes about itself. */
  readonly about: (note: ChainNote) => string;
  /** Called after a new segment began. */
  readonly rotated: () => void;
}

/** Appends contents in the order in which they come, many with one fdatasync. */
export interface Writer {
  /** Resolves when the record is on the disk. */
  readonly append: (content: string, signal?: AbortSignal) => Promise<Receipt>;
  /** The last record on the disk. */
  readonly head: () => Head;
  /** Waits for what is under way; nothing is appended afterwards. */
  readonly end: () => Promise<void>;
}

interface Waiting {
  readonly content: string;
  readonly settle: (outcome: Receipt | AuditError) => void;
}

/** The first record of a segment, and the segment itself, on the disk. */
export const beginSegment = async (
  setting: Pick<WriterSetting, 'directory' | 'log' | 'about'>,
  previous: SegmentFile | undefined,
  head: Head,
): Promise<SegmentFile> => {
  const segment = (previous?.segment ?? 0) + 1;
  const note: ChainNote = {
    kind: 'segment',
    format: 1,
    log: setting.log,
    segment,
    previous: previous === undefined ? null : { ...head, bytes: previous.size },
  };
  const { line, head: own } = encodeLine(head, setting.about(note));
  const handle = await createSegment(setting.directory, segment, Buffer.from(line));
  const { ino: inode, size } = await handle.stat();
  return { segment, handle, inode, size, head: own };
};

/** Reads where a segment ends and opens it; what an interrupted write left is closed off and named by a record. */
export const resumeSegment = async (
  setting: Pick<WriterSetting, 'directory' | 'about'>,
  segment: number,
  known: Head | undefined,
): Promise<{ readonly file: SegmentFile; readonly log: string }> => {
  const tail = await readTail(setting.directory, segment, { known });
  const file = await openSegment(setting.directory, segment, tail.head);
  if (tail.torn === undefined && !tail.unended) return { file, log: tail.log };
  const recovery =
    tail.torn === undefined
      ? { line: '', head: tail.head }
      : encodeLine(tail.head, setting.about({ kind: 'recovery', ...tail.torn }));
  const result = await appendTo(setting.directory, file, Buffer.from(`\n${recovery.line}`), recovery.head);
  if ('written' in result) return { file: result.written, log: tail.log };
  await file.handle.close();
  throw result.failed;
};

/** A writer that goes on at the end of `first`. One process, one writer; the lock sees to it. */
export const createWriter = (setting: WriterSetting, first: SegmentFile): Writer => {
  const { directory, limits } = setting;
  let file = first;
  let doubtful = false;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let flushing: Promise<void> | undefined;
  let ended = false;

  /** The segment to write to: read again where its end is in doubt, the next one where it is full. */
  const ready = async (): Promise<void> => {
    if (!setting.lock.isOurs())
      throw new AuditError('audit/lock-lost', `the lock of ${directory} is no longer held by this log`);
    if (doubtful) {
      const resumed = await resumeSegment(setting, file.segment, file.head);
      await file.handle.close();
      file = resumed.file;
      doubtful = false;
    }
    if (file.size < limits.segmentBytes) return;
    const next = await beginSegment(setting, file, file.head);
    await file.handle.close();
    file = next;
    setting.rotated();
  };

  const takeBatch = (): readonly Waiting[] => {
    let [count, bytes] = [0, 0];
    while (count < waiting.length && bytes < limits.batchBytes) bytes += waiting[count++]?.content.length ?? 0;
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingBytes -= bytes;
    return batch;
  };

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await ready();
    } catch (thrown) {
      const failed =
        thrown instanceof AuditError
          ? thrown
          : new AuditError('audit/write-failed', `${directory} could not be written (${reasonOf(thrown)})`);
      for (const { settle } of batch) settle(failed);
      return;
    }
    let head = file.head;
    const encoded = batch.map(({ content, settle }) => {
      const { line, head: own } = encodeLine(head, content);
      head = own;
      return { line, settle, receipt: { ...own, log: setting.log } };
    });
    const result = await appendTo(directory, file, Buffer.from(encoded.map(({ line }) => line).join('')), head);
    if ('written' in result) file = result.written;
    else doubtful = result.next === 'read the tail again';
    const failed = 'failed' in result ? result.failed : undefined;
    for (const { settle, receipt } of encoded) settle(failed ?? receipt);
  };

  const flush = async (): Promise<void> => {
    // A group costs more than what is in it. So each one takes what comes in its turn of the event loop: what other sockets bring, and
    // what the callers of the group before append next.
    while (waiting.length > 0) {
      await turnOfLoop();
      await write(takeBatch());
    }
    flushing = undefined;
  };

  const append = (content: string, signal?: AbortSignal): Promise<Receipt> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (ended) throw new AuditError('audit/closed', `the log in ${directory} is closed`);
      if (waitingBytes + content.length > limits.queueBytes)
        throw new AuditError('audit/queue-full', `${waitingBytes} bytes wait to be written to ${directory}`);
      const abort = (): void => {
        const place = waiting.indexOf(entry);
        if (place >= 0) {
          waiting.splice(place, 1);
          waitingBytes -= content.length;
        }
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const entry: Waiting = {
        content,
        settle: (outcome) => {
          signal?.removeEventListener('abort', abort);
          if (outcome instanceof AuditError) reject(outcome);
          else resolve(outcome);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      waiting.push(entry);
      waitingBytes += content.length;
      flushing ??= flush();
    });

  return {
    append,
    head: () => file.head,
    end: async () => {
      ended = true;
      await flushing;
      await file.handle.close();
    },
  };
};
