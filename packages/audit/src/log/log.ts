import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readCheckpoints } from '../checkpoint/checkpoint-file.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { type CheckpointOptions, createCheckpointer } from '../checkpoint/checkpointer.ts';
import { AuditError, reasonOf } from '../errors.ts';
import type { AuditEvent } from '../record/event.ts';
import { type Head, lineOverhead, noHash } from '../record/line.ts';
import { type ChainNote, createContentWriter } from '../record/record.ts';
import type { Redaction } from '../record/redact.ts';
import { bootId, takeLock } from './lock.ts';
import type { Receipt } from './receipt.ts';
import { checkpointsName, listSegments } from './segments.ts';
import { beginSegment, createWriter, resumeSegment } from './writer.ts';

/** How to open a log. */
export interface AuditLogOptions {
  /** A directory for this log alone. Made, readable for its owner alone, where it does not exist. */
  readonly directory: string;
  /** The program whose log it is. `palisade` where absent. */
  readonly product?: string;
  /** What is struck out beside secrets and the fields that are known to hold them. */
  readonly redaction?: Redaction;
  /** Signed checkpoints; none are made where absent. */
  readonly checkpoints?: CheckpointOptions;
  /** Bytes from which on the next record goes into a new segment. 32 MiB where absent. */
  readonly segmentBytes?: number;
  /** Bytes of a record, at most. 64 KiB where absent. */
  readonly maximumRecordBytes?: number;
  /** Bytes that wait to be written, at most. 64 MiB where absent. */
  readonly queueBytes?: number;
  /** Milliseconds to wait for another process that still writes the log, as when a service is replaced. 2 000 where absent. */
  readonly patience?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** An open log. One process writes a directory at a time. */
export interface AuditLog {
  /** Id of the log; its checkpoints name it. */
  readonly id: string;
  /**
   * Appends an event. Resolves when its record is on the disk (fdatasync), and not before: a caller that refuses the
   * operation where this rejects does nothing unrecorded. A record whose append was rejected or aborted may be on the disk all the same.
   *
   * @throws AuditError `audit/event-invalid`, `audit/event-too-large`, `audit/queue-full`, `audit/write-failed`,
   * `audit/lock-lost`, `audit/log-damaged`, `audit/behind-checkpoint`, `audit/closed`; what the signal was aborted with
   */
  readonly append: (event: AuditEvent, options?: { readonly signal?: AbortSignal }) => Promise<Receipt>;
  /** The last record on the disk. */
  readonly head: () => Head;
  /**
   * Has the last record signed now. Resolves to undefined where the log did not grow since the last checkpoint, or was opened without a signer.
   *
   * @throws AuditError `audit/not-signed`
   */
  readonly checkpoint: (options?: { readonly signal?: AbortSignal }) => Promise<Checkpoint | undefined>;
  /** Writes what waits, records the end, makes a last checkpoint and gives the directory back. Does nothing the second time. */
  readonly close: () => Promise<void>;
}

/** What the log records of itself, as events. */
const aboutEvents: { readonly [Kind in ChainNote['kind']]: AuditEvent } = {
  segment: { class: 'application-lifecycle', activity: 'other', outcome: 'success', operation: 'audit.segment' },
  opened: { class: 'application-lifecycle', activity: 'start', outcome: 'success', operation: 'audit.open' },
  closed: { class: 'application-lifecycle', activity: 'stop', outcome: 'success', operation: 'audit.close' },
  recovery: {
    class: 'application-lifecycle',
    activity: 'other',
    outcome: 'success',
    operation: 'audit.recovery',
    severity: 'medium',
    message: 'The line before this record is the rest of an interrupted write; it was never acknowledged.',
  },
};

const usable = async <T>(directory: string, act: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
  try {
    return await act();
  } catch (thrown) {
    if (thrown instanceof AuditError) throw thrown;
    signal?.throwIfAborted();
    throw new AuditError('audit/directory-unusable', `${directory} cannot hold an audit log (${reasonOf(thrown)})`);
  }
};

/** The last checkpoint beside the segments: what the log is known to have had. */
const lastCheckpoint = async (file: string): Promise<Checkpoint | undefined> =>
  (await readCheckpoints(file)).checkpoints.reduce<Checkpoint | undefined>(
    (last, one) => (last === undefined || one.seq > last.seq ? one : last),
    undefined,
  );

/**
 * Opens a log, or begins one where the directory has none. What an interrupted write left at its end is closed off and
 * recorded. Records that it was opened.
 *
 * @throws AuditError `audit/locked`, `audit/directory-unusable`, `audit/log-damaged`, `audit/behind-checkpoint`,
 * `audit/write-failed`; what the signal was aborted with
 */
export const openAuditLog = async (options: AuditLogOptions): Promise<AuditLog> => {
  const { directory, now = Date.now, maximumRecordBytes = 64 * 1024 } = options;
  const file = join(directory, checkpointsName);
  const contentOf = createContentWriter({
    product: options.product ?? 'palisade',
    redaction: options.redaction ?? {},
    now,
    monotonic: () => Math.floor(Number(process.hrtime.bigint() / 1000n)),
    boot: await bootId(),
  });
  const about = (note: ChainNote): string => contentOf(aboutEvents[note.kind], note);
  const lock = await usable(
    directory,
    async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const limits = { patience: options.patience ?? 2_000, heartbeat: 2_000, silence: 10_000 };
      return takeLock(directory, limits, options.signal);
    },
    options.signal,
  );
  try {
    const known = await usable(directory, () => lastCheckpoint(file));
    const segment = (await listSegments(directory)).at(-1);
    if (segment === undefined && known !== undefined)
      throw new AuditError(
        'audit/behind-checkpoint',
        `the log in ${directory} is gone, but it had record ${known.seq}`,
      );
    const first = await usable(directory, async () => {
      if (segment !== undefined) return resumeSegment({ directory, about }, segment, known);
      const log = randomUUID();
      return { log, file: await beginSegment({ directory, log, about }, undefined, { seq: 0, hash: noHash }) };
    });
    const writer = createWriter(
      {
        directory,
        log: first.log,
        lock,
        about,
        limits: {
          segmentBytes: options.segmentBytes ?? 32 * 1024 * 1024,
          batchBytes: 1024 * 1024,
          queueBytes: options.queueBytes ?? 64 * 1024 * 1024,
        },
        rotated: () => checkpointer?.request(),
      },
      first.file,
    );
    const checkpointer =
      options.checkpoints === undefined
        ? undefined
        : createCheckpointer({ id: first.log, head: writer.head, now, file }, options.checkpoints);
    const writing = { host: hostname(), pid: process.pid };
    try {
      await writer.append(about({ kind: 'opened', ...writing }), options.signal);
    } catch (thrown) {
      await checkpointer?.end();
      await writer.end();
      throw thrown;
    }
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      // A disk that is full does not keep a service from ending; the missing record shows that it did not end in order.
      await writer.append(about({ kind: 'closed', ...writing })).catch(() => undefined);
      await writer.end();
      await checkpointer
        ?.checkpoint()
        .catch((thrown: unknown) => thrown instanceof AuditError && options.checkpoints?.failed?.(thrown));
      await checkpointer?.end();
      await lock.release();
    };
    return {
      id: first.log,
      append: async (event, appendOptions) => {
        const content = contentOf(event);
        const bytes = Buffer.byteLength(content) + lineOverhead;
        if (bytes > maximumRecordBytes)
          throw new AuditError(
            'audit/event-too-large',
            `the record would have ${bytes} bytes, and ${maximumRecordBytes} are allowed`,
          );
        return writer.append(content, appendOptions?.signal);
      },
      head: writer.head,
      checkpoint: async (checkpointOptions) => checkpointer?.checkpoint(checkpointOptions?.signal),
      close: () => (closing ??= close()),
    };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
};
