import type {
  CertificateIssue,
  Change,
  ComposeEdit,
  FileMode,
  FileWrite,
  SqlStatement,
  VaultWrite,
} from '../../contracts/change.ts';
import type { FileState } from './file-state.ts';

/** A value that the journal can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Where the world stands with regard to a change. */
export type Standing =
  | { readonly standing: 'pending' | 'done' }
  /** Neither what the change expects nor what it makes. */
  | { readonly standing: 'drifted'; readonly why: string };

/**
 * Carries out one kind of change of running services. Each member is idempotent, bounded, and may be called again after
 * a run that was killed at any point. Errors never hold a secret.
 */
export interface Executor<C extends Change> {
  /** Asks the service, changing nothing. */
  readonly check: (change: C, signal: AbortSignal) => Promise<Standing>;
  /** What `undo` will need. It is written to the journal before the act, so it never holds a secret. */
  readonly remember: (change: C, signal: AbortSignal) => Promise<Json>;
  readonly apply: (change: C, memory: Json, signal: AbortSignal) => Promise<void>;
  /** Throws where the service does not show the change. */
  readonly verify: (change: C, memory: Json, signal: AbortSignal) => Promise<void>;
  readonly undo: (change: C, memory: Json, signal: AbortSignal) => Promise<void>;
}

/**
 * One kind of change of a file, as a pure function of the file. Reading, writing, verifying, keeping originals and
 * undoing are the same for all of them and belong to the engine.
 */
export interface FileExecutor<C extends Change> {
  /** The file that the change is about, relative to the project. */
  readonly path: (change: C) => string;
  /**
   * The file with the change made; an equal state where it is made already. Throws where the file is not what the
   * change expects.
   */
  readonly after: (change: C, before: FileState) => FileState;
}

/** The executors of one run. Changes of services can be carried out only where an executor is given. */
export interface Executors {
  readonly 'compose-edit': FileExecutor<ComposeEdit>;
  readonly 'file-write': FileExecutor<FileWrite>;
  readonly 'file-mode': FileExecutor<FileMode>;
  readonly 'vault-write'?: Executor<VaultWrite>;
  readonly 'sql-statement'?: Executor<SqlStatement>;
  readonly 'certificate-issue'?: Executor<CertificateIssue>;
}

/** The part of the executors that speaks to running services. */
export type ServiceExecutors = Omit<Executors, 'compose-edit' | 'file-write' | 'file-mode'>;
