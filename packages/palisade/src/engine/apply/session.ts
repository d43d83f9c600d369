import type { WriteFile } from './site.ts';
import { takeLock } from './lock.ts';
import { type StatePaths, makeState } from './state-directory.ts';
import { error } from '../errors.ts';
import { messageOf } from '../../support/errors.ts';

/** Points between which a run can die; tests die there, displays may show them. */
export type Moment =
  | 'begin'
  | 'before-intent'
  | 'after-intent'
  | 'after-act'
  | 'before-outcome'
  | 'after-outcome'
  | 'before-end'
  | 'end';

/** What apply and rollback have in common. */
export interface RunOptions {
  /** The project directory. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** One line at a time, without secrets, for people. */
  readonly progress?: (line: string) => void;
  readonly now?: () => Date;
  /** Called at each moment of each step; step 0 is the run itself. */
  readonly reached?: (moment: Moment, step: number) => void;
  /** Stands in for the atomic write of files. */
  readonly write?: WriteFile;
}

/**
 * Runs with the state directory made and the lock held. Throws `engine/directory-locked`, `engine/directory-not-
 * writable`.
 */
export const withSession = async <T>(directory: string, call: (paths: StatePaths) => Promise<T>): Promise<T> => {
  const paths = await makeState(directory);
  try {
    const release = await takeLock(directory, paths.lock);
    try {
      return await call(paths);
    } finally {
      await release();
    }
  } catch (cause) {
    // A step that fails says so itself; what the system refuses outside of the steps comes before the first of them.
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw error('engine/directory-not-writable', { directory, why: messageOf(cause) }, cause);
  }
};
