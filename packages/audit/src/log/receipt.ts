/** Proof that a record is on the disk: `fdatasync` has returned. */
export interface Receipt {
  /** Number of the record in its log, from 1. */
  readonly seq: number;
  /** SHA-256 of the record, in hex. */
  readonly hash: string;
  /** Id of the log. */
  readonly log: string;
}
