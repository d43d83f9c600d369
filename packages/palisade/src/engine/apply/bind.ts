import type { Change } from '../../contracts/change.ts';
import type { Executor, Executors, FileExecutor, Json, ServiceExecutors, Standing } from './executor.ts';
import type { FileState } from './file-state.ts';

/** A change of a file together with its executor. */
export interface BoundFile {
  readonly path: string;
  readonly after: (before: FileState) => FileState;
}

/** A change of a service together with its executor. */
export interface BoundService {
  readonly check: (signal: AbortSignal) => Promise<Standing>;
  readonly remember: (signal: AbortSignal) => Promise<Json>;
  readonly apply: (memory: Json, signal: AbortSignal) => Promise<void>;
  readonly verify: (memory: Json, signal: AbortSignal) => Promise<void>;
  readonly undo: (memory: Json, signal: AbortSignal) => Promise<void>;
}

const file = <C extends Change>(executor: FileExecutor<C>, change: C): BoundFile => ({
  path: executor.path(change),
  after: (before) => executor.after(change, before),
});

const service = <C extends Change>(executor: Executor<C> | undefined, change: C): BoundService | undefined =>
  executor && {
    check: (signal) => executor.check(change, signal),
    remember: (signal) => executor.remember(change, signal),
    apply: (memory, signal) => executor.apply(change, memory, signal),
    verify: (memory, signal) => executor.verify(change, memory, signal),
    undo: (memory, signal) => executor.undo(change, memory, signal),
  };

/** Binds a change of a file; undefined for other changes. */
export const bindFile = (executors: Executors, change: Change): BoundFile | undefined => {
  switch (change.kind) {
    case 'compose-edit':
      return file(executors['compose-edit'], change);
    case 'file-write':
      return file(executors['file-write'], change);
    case 'file-mode':
      return file(executors['file-mode'], change);
    default:
      return undefined;
  }
};

/** Binds a change of a service; undefined for other changes, and where no executor of its kind is given. */
export const bindService = (executors: ServiceExecutors, change: Change): BoundService | undefined => {
  switch (change.kind) {
    case 'vault-write':
      return service(executors['vault-write'], change);
    case 'sql-statement':
      return service(executors['sql-statement'], change);
    case 'certificate-issue':
      return service(executors['certificate-issue'], change);
    default:
      return undefined;
  }
};
