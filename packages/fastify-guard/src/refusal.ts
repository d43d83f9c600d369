import type { ProblemCode } from './problem/problem.ts';

/** Why somebody was not let in. */
export interface Refusal {
  /** What the caller is told. */
  readonly problem: ProblemCode;
  /** What the log is told; never a part of the credential. */
  readonly reason: string;
}

/** Makes a refusal. */
export const refuse = (problem: ProblemCode, reason: string): Refusal => ({ problem, reason });

/** True for a refusal, whatever else it could have been. */
export const isRefusal = (value: object | undefined): value is Refusal =>
  value !== undefined && 'problem' in value && 'reason' in value;
