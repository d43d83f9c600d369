import { AuditError, reasonOf } from '../errors.ts';
import type { Head } from '../record/line.ts';
import { appendCheckpoint } from './checkpoint-file.ts';
import { type Checkpoint, type CheckpointSigner, type Statement, bytesOf } from './checkpoint.ts';

/** How checkpoints are made while a log is written. */
export interface CheckpointOptions {
  readonly signer: CheckpointSigner;
  /** Milliseconds between two checkpoints of a log that grows. 60 000 where absent. */
  readonly interval?: number;
  /** Milliseconds that one signature may take, publishing included. 10 000 where absent. */
  readonly timeout?: number;
  /** Takes each checkpoint to a place where the writer cannot change it; only there it shows a cut or a rollback. */
  readonly publish?: (checkpoint: Checkpoint, options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Told when a checkpoint could not be signed or published; appends go on, and the next one is tried in time. */
  readonly failed?: (error: AuditError) => void;
}

/** Makes checkpoints in the background. */
export interface Checkpointer {
  /** Signs the last record that is on the disk. Resolves to undefined where the log did not grow since the last time. */
  readonly checkpoint: (signal?: AbortSignal) => Promise<Checkpoint | undefined>;
  /** Asks for a checkpoint soon, and tells `failed` where there is none. */
  readonly request: () => void;
  readonly end: () => Promise<void>;
}

/** What `act` resolves to, or a rejection as soon as the signal is aborted, whether `act` heeds it or not. */
const until = async <T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> => {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([act(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/**
 * Signs a statement.
 *
 * @throws AuditError `audit/not-signed`
 */
export const signCheckpoint = async (
  statement: Statement,
  signer: CheckpointSigner,
  signal: AbortSignal,
): Promise<Checkpoint> => {
  try {
    const value = await until(signal, () => signer.sign(bytesOf(statement, signer), { signal }));
    return { ...statement, signature: { kind: signer.kind, key: signer.key, value } };
  } catch (thrown) {
    throw thrown instanceof AuditError
      ? thrown
      : new AuditError('audit/not-signed', `record ${statement.seq} was not signed (${reasonOf(thrown)})`);
  }
};

/** Starts making checkpoints of a log. */
export const createCheckpointer = (
  log: { readonly id: string; readonly head: () => Head; readonly now: () => number; readonly file: string },
  options: CheckpointOptions,
): Checkpointer => {
  const { signer, interval = 60_000, timeout = 10_000, publish, failed } = options;
  let [last, pending] = [0, 0];
  let work: Promise<unknown> = Promise.resolve();
  const ended = new AbortController();

  const make = async (signal: AbortSignal): Promise<Checkpoint | undefined> => {
    const { seq, hash } = log.head();
    if (seq === last) return undefined;
    const checkpoint = await signCheckpoint({ log: log.id, seq, hash, time: log.now() }, signer, signal);
    try {
      await appendCheckpoint(log.file, checkpoint);
      await until(signal, async () => publish?.(checkpoint, { signal }));
    } catch (thrown) {
      throw new AuditError('audit/not-signed', `the checkpoint of record ${seq} was not kept (${reasonOf(thrown)})`);
    }
    last = seq;
    return checkpoint;
  };

  const checkpoint = (signal?: AbortSignal): Promise<Checkpoint | undefined> => {
    pending += 1;
    const next = work.then(async () => {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeout} ms`)), timeout);
      try {
        return await make(AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]));
      } finally {
        clearTimeout(timer);
        pending -= 1;
      }
    });
    work = next.catch(() => undefined);
    return next;
  };

  const request = (): void => {
    if (ended.signal.aborted || pending > 0) return;
    checkpoint(ended.signal).catch((thrown: unknown) => {
      if (!ended.signal.aborted && thrown instanceof AuditError) failed?.(thrown);
    });
  };

  const timer = setInterval(request, interval);
  timer.unref();
  return {
    checkpoint,
    request,
    end: async () => {
      clearInterval(timer);
      ended.abort();
      await work;
    },
  };
};
