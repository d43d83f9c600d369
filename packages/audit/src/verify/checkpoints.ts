import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { CheckpointKey } from '../checkpoint/keys.ts';
import type { Head } from '../record/line.ts';
import type { CheckpointOrigin, KnownCheckpoint, TamperFinding } from './finding.ts';

/** Checkpoints of one log, to be compared with its records as they come by. */
export interface Comparison {
  readonly seen: (record: Head) => void;
  /** What the comparison found. What is missing at the end counts where the chain was followed to the end (`whole`). */
  readonly conclude: (
    head: Head,
    whole: boolean,
  ) => {
    readonly findings: readonly TamperFinding[];
    readonly vouched: KnownCheckpoint | undefined;
    readonly agreed: number;
  };
}

/** Tells of each checkpoint whether a trusted key signed it. What was remembered needs no signature: nobody else could write it. */
export const examine = (
  checkpoints: readonly Checkpoint[],
  origin: CheckpointOrigin,
  keys: readonly CheckpointKey[],
): readonly KnownCheckpoint[] =>
  checkpoints.map((checkpoint) => ({
    checkpoint,
    origin,
    signed: keys.length === 0 ? undefined : keys.some((key) => key.verifies(checkpoint)),
  }));

/** True where a checkpoint counts: it was not found beside the log or given with a signature that no trusted key made. */
const counts = ({ origin, signed }: KnownCheckpoint): boolean => origin === 'remembered' || signed !== false;

/** How much a checkpoint is worth: kept elsewhere, signed by a key that was given, or neither. */
const rank = ({ origin, signed }: KnownCheckpoint): number =>
  (origin === 'beside the log' ? 0 : 2) + (signed === true ? 1 : 0);

const describe = ({ checkpoint, origin, signed }: KnownCheckpoint): string =>
  `the ${signed === true ? 'signed ' : ''}checkpoint of ${new Date(checkpoint.time).toISOString()} (${origin})`;

const missing = (ahead: readonly KnownCheckpoint[], all: readonly KnownCheckpoint[], head: Head): TamperFinding => {
  const furthest = ahead.reduce((a, b) => (b.checkpoint.seq > a.checkpoint.seq ? b : a));
  const beside = all.filter(({ origin }) => origin === 'beside the log');
  const place = `the log ends with record ${head.seq}, but ${describe(furthest)} has record ${furthest.checkpoint.seq}`;
  const seq = head.seq + 1;
  if (ahead.some(({ origin }) => origin === 'beside the log')) return { kind: 'cut-tail', seq, message: place };
  return beside.length > 0
    ? { kind: 'rollback', seq, message: `${place}; the checkpoints beside it end earlier too, so both were put back` }
    : {
        kind: 'cut-tail',
        seq,
        message: `${place}; its end was cut off, or all of it was put back to an earlier state`,
      };
};

/** Prepares the comparison of a log with what is known of it. */
export const compareWith = (all: readonly KnownCheckpoint[]): Comparison => {
  const forged = all.filter((one) => !counts(one));
  const valid = all.filter(counts);
  const bySeq = Map.groupBy(valid, ({ checkpoint }) => checkpoint.seq);
  let [agreed, sound]: [number, number] = [0, 0];
  let vouched: KnownCheckpoint | undefined;
  let contradicted: { readonly after: number; readonly by: KnownCheckpoint } | undefined;
  return {
    seen: ({ seq, hash }) => {
      for (const known of bySeq.get(seq) ?? [])
        if (known.checkpoint.hash !== hash) contradicted ??= { after: sound, by: known };
        else {
          agreed += 1;
          if (contradicted === undefined) sound = seq;
          if (vouched === undefined || rank(known) >= rank(vouched)) vouched = known;
        }
    },
    conclude: (head, whole) => {
      const findings: TamperFinding[] = forged.slice(0, 1).map(({ checkpoint, origin }) => ({
        kind: 'forged-checkpoint',
        seq: checkpoint.seq,
        message: `the checkpoint of record ${checkpoint.seq} (${origin}) has no signature of a key that was given`,
      }));
      if (contradicted !== undefined)
        findings.push({
          kind: 'rewrite',
          seq: contradicted.after + 1,
          message: `the chain is sound, but record ${contradicted.by.checkpoint.seq} is not the one of ${describe(contradicted.by)}: the chain was computed anew from a record between ${contradicted.after + 1} and ${contradicted.by.checkpoint.seq}, or the log was put back and went on from there`,
        });
      const ahead = valid.filter(({ checkpoint }) => checkpoint.seq > head.seq);
      if (whole && ahead.length > 0) findings.push(missing(ahead, valid, head));
      return { findings, vouched: contradicted === undefined ? vouched : undefined, agreed };
    },
  };
};
