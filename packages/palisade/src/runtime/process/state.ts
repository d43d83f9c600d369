import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isFileSystemError, writeFileAtomically } from '../../support/files.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from '../errors.ts';
import { identitySchema } from './lock.ts';

const processSchema = identitySchema.extend({
  phase: z.enum(['starting', 'ready']),
  program: z.string(),
  startedAt: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT']),
  reloadSignal: z.literal('SIGHUP').optional(),
  /** Digest of the configuration that it was started with, and the container ports that it has; records of earlier versions lack them. */
  configuration: z.string().optional(),
  ports: z.array(z.number().int().positive()).optional(),
});

const stateSchema = z.object({
  schemaVersion: z.literal(1),
  /** Directory with the data, logs and staged files of the services. */
  dataDirectory: z.string(),
  /** Loopback port by service and container port. */
  ports: z.record(z.string(), z.record(z.string(), z.number().int().positive())),
  processes: z.record(z.string(), processSchema),
  /** Why a service's last start failed. */
  failures: z.record(z.string(), z.string()),
  /** Why a service cannot be run here, found when it was to be started. */
  leftOut: z.record(z.string(), z.string()),
});

/** What one run of a stack leaves for the next process that looks at it. */
export type RuntimeState = z.infer<typeof stateSchema>;

const fileIn = (stateDirectory: string): string => join(stateDirectory, 'process.json');

/**
 * Reads the state; undefined where there is none yet. Synchronous, because it is small and `Runtime.endpoint` is.
 * Throws `runtime/state-unreadable`.
 */
export const readState = (stateDirectory: string): RuntimeState | undefined => {
  const file = fileIn(stateDirectory);
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    const why = thrown instanceof z.ZodError ? z.prettifyError(thrown).replaceAll('\n', ' ') : messageOf(thrown);
    throw error('runtime/state-unreadable', { file, why });
  }
};

/** The state while it is changed: every change is on disk before `update` resolves. */
export interface StateFile {
  readonly current: () => RuntimeState;
  readonly update: (change: (state: RuntimeState) => RuntimeState) => Promise<void>;
}

/** Opens the state for changes by the holder of the lock; concurrent changes are written one after the other. */
export const openState = (stateDirectory: string, dataDirectory: string): StateFile => {
  let state: RuntimeState = readState(stateDirectory) ?? {
    schemaVersion: 1,
    dataDirectory,
    ports: {},
    processes: {},
    failures: {},
    leftOut: {},
  };
  let written: Promise<void> = Promise.resolve();
  return {
    current: () => state,
    update: (change) => {
      state = change(state);
      const text = `${JSON.stringify(state, undefined, 2)}\n`;
      const next = written.then(() => writeFileAtomically(fileIn(stateDirectory), text, { mode: 0o600 }));
      written = next.catch(() => undefined);
      return next;
    },
  };
};

/** A record without one entry. */
export const without = <T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
