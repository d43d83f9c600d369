import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Head } from '../record/line.ts';

/** What was done to a log. */
export type Tampering =
  /** A record says something else than it did. */
  | 'edit'
  /** Records are missing from the middle or the beginning. */
  | 'deletion'
  /** A record was put in, a forged one or a copy. */
  | 'insertion'
  /** Records stand in another order. */
  | 'reorder'
  /** The log ends before a record that it had. */
  | 'cut-tail'
  /** The chain was computed anew: sound in itself, but not the one that was signed or remembered. */
  | 'rewrite'
  /** The log and the checkpoints beside it were put back to an earlier state. */
  | 'rollback'
  /** A whole log that was known is gone. */
  | 'missing-log'
  /** A checkpoint has no signature of a key that is trusted. */
  | 'forged-checkpoint';

/** Where something is. */
export interface Place {
  /** Name of the file in the directory. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Byte in the file at which the line begins. */
  readonly offset: number;
}

/** One thing that is wrong, named by the first record that it concerns. */
export interface TamperFinding {
  readonly kind: Tampering;
  /** Number of the first bad record: the one that was edited, inserted, or is missing. */
  readonly seq: number;
  readonly place?: Place;
  /** What is wrong, in a sentence. */
  readonly message: string;
}

/** Where a checkpoint was found. Beside the log it can be changed by whoever can change the log. */
export type CheckpointOrigin = 'beside the log' | 'given' | 'remembered';

/** A checkpoint, where it is from, and whether a trusted key signed it; undefined where no key was given to tell. */
export interface KnownCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly origin: CheckpointOrigin;
  readonly signed: boolean | undefined;
}

/** What a verification found out about one log. */
export interface Verification {
  readonly directory: string;
  /** Id of the log; undefined where its first record does not say it. */
  readonly log: string | undefined;
  /** Records of the sound part of the chain, from the first. */
  readonly records: number;
  /** The last sound record. */
  readonly head: Head;
  /** Empty where nothing is wrong. */
  readonly findings: readonly TamperFinding[];
  /** The rest of a write at the very end: a write that is under way or was interrupted. Nobody was told that it was kept. */
  readonly torn: (Place & { readonly bytes: number }) | undefined;
  /** Rests of interrupted writes that the log itself recorded when it was opened again. */
  readonly recovered: readonly Place[];
  /** The newest record that a checkpoint vouches for, and which one; undefined where there is none. */
  readonly vouched: KnownCheckpoint | undefined;
  /** How many checkpoints the chain agrees with. */
  readonly agreed: number;
  /** What this verification could not have seen, each in a sentence. */
  readonly undetectable: readonly string[];
  /** Remarks that are no findings, each in a sentence. */
  readonly notes: readonly string[];
}
