import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoints } from '../checkpoint/checkpoint-file.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { CheckpointKey } from '../checkpoint/keys.ts';
import { AuditError, reasonOf } from '../errors.ts';
import { readLines } from '../log/lines.ts';
import { lockName } from '../log/lock.ts';
import { checkpointsName, listSegments, segmentName } from '../log/segments.ts';
import { chainNoteOf } from '../record/line.ts';
import { followChain } from './chain.ts';
import { compareWith, examine } from './checkpoints.ts';
import type { KnownCheckpoint, TamperFinding, Verification } from './finding.ts';
import { undetectable } from './undetectable.ts';

/** What a log is verified with. */
export interface VerifyOptions {
  /** Keys that may have signed checkpoints. Without any, signatures are not checked. */
  readonly keys?: readonly CheckpointKey[];
  /** Checkpoints that were kept where the writer of the log cannot change them. Those of other logs are passed over. */
  readonly given?: readonly Checkpoint[];
  /** What an earlier verification remembered. Those of other logs are passed over. */
  readonly remembered?: readonly Checkpoint[];
  readonly signal?: AbortSignal;
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

/** The id that the first segment gives; undefined where it gives none. */
const logIdOf = async (directory: string, segments: readonly number[]): Promise<string | undefined> => {
  const [first] = segments;
  if (first === undefined) return undefined;
  for await (const { bytes } of readLines(join(directory, segmentName(first)))) {
    const log = chainNoteOf(bytes)?.['log'];
    return typeof log === 'string' ? log : undefined;
  }
  return undefined;
};

const ofOtherLog = (known: readonly KnownCheckpoint[], log: string | undefined): readonly TamperFinding[] =>
  known
    .filter(({ checkpoint }) => log !== undefined && checkpoint.log !== log)
    .slice(0, 1)
    .map(({ checkpoint }) => ({
      kind: 'missing-log',
      seq: 1,
      message: `the checkpoints beside the log are of the log ${checkpoint.log}, in whose place ${log ?? 'none'} stands`,
    }));

/**
 * Verifies one log: follows its chain, and compares it with the checkpoints beside it and those that were kept elsewhere.
 * Reads it only, and may run while it is written.
 *
 * @throws AuditError `audit/no-log`; `audit/directory-unusable` where a file cannot be read, so that nothing can be said
 */
export const verifyAuditLog = async (directory: string, options: VerifyOptions = {}): Promise<Verification> => {
  const { keys = [], given = [], remembered = [], signal } = options;
  try {
    // Read first: a log that is written meanwhile is never behind them.
    const beside = await readCheckpoints(join(directory, checkpointsName));
    const segments = await listSegments(directory);
    if (segments.length === 0 && beside.checkpoints.length === 0)
      throw new AuditError('audit/no-log', `there is no audit log in ${directory}`);
    const local = examine(beside.checkpoints, 'beside the log', keys);
    const log = await logIdOf(directory, segments);
    const all = [...local, ...examine(given, 'given', keys), ...examine(remembered, 'remembered', keys)];
    const own = all.filter(({ checkpoint }) => checkpoint.log === (log ?? beside.checkpoints[0]?.log));
    const comparison = compareWith(own);
    const chain = await followChain(directory, segments, comparison.seen, signal);
    const { findings, vouched, agreed } = comparison.conclude(chain.head, chain.finding === undefined);
    return {
      directory,
      log,
      records: chain.head.seq,
      head: chain.head,
      findings: [...(chain.finding === undefined ? [] : [chain.finding]), ...findings, ...ofOtherLog(local, log)],
      torn: chain.torn,
      recovered: chain.recovered,
      vouched,
      agreed,
      undetectable: undetectable(vouched, chain.head.seq),
      notes: [
        ...(beside.unreadable > 0 ? [`${beside.unreadable} lines of ${checkpointsName} are no checkpoints.`] : []),
        ...((await exists(join(directory, lockName)))
          ? ['A process writes the log, or ended without closing it.']
          : []),
      ],
    };
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof AuditError) throw thrown;
    throw new AuditError('audit/directory-unusable', `${directory} cannot be read (${reasonOf(thrown)})`);
  }
};
