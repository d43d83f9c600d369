import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditError } from '../errors.ts';

/** The file that says which process writes the log. */
export const lockName = 'lock';

/** The lock of a directory, held. */
export interface HeldLock {
  /** True while nobody took it over. One look at an inode that is in memory: it would cost more to wait for a thread. */
  readonly isOurs: () => boolean;
  readonly release: () => Promise<void>;
}

/** Limits of the wait for a lock, in milliseconds. */
export interface LockLimits {
  /** How long a process that lives is waited for. */
  readonly patience: number;
  /** How often the holder says that it is alive. */
  readonly heartbeat: number;
  /** How long a holder that cannot be looked at has to be silent before its lock is taken over. */
  readonly silence: number;
}

interface Holder {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  readonly host: string;
}

const readOr = async (path: string, otherwise: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
};

/** Names this boot of the machine (random(4)). */
export const bootId = async (): Promise<string> => (await readOr('/proc/sys/kernel/random/boot_id', '')).trim();

/**
 * When a process started, in clock ticks since the boot; with its number that names it for ever. Undefined where it is
 * gone or a zombie. Source: proc_pid_stat(5), fields 3 and 22, counted behind the name, which may hold spaces.
 */
const startOf = async (pid: number): Promise<string | undefined> => {
  const text = await readOr(`/proc/${pid}/stat`, '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
};

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  ['started', 'boot', 'host'].every(
    (name) => typeof Object.entries(value).find(([key]) => key === name)?.[1] === 'string',
  );

const readHolder = async (file: string): Promise<Holder | undefined> => {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isHolder(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/** `unseen`: another host, or another container, whose processes cannot be looked at from here. */
const stateOf = async (holder: Holder | undefined, self: Holder): Promise<'alive' | 'gone' | 'unseen'> => {
  if (holder === undefined) return 'gone';
  if (holder.host !== self.host) return 'unseen';
  return holder.boot === self.boot && (await startOf(holder.pid)) === holder.started ? 'alive' : 'gone';
};

const exists = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';

const modified = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;

/** Stays open while the lock is held, so that the number of its inode cannot be given to another file. */
const writeDraft = async (draft: string, self: Holder): Promise<FileHandle> => {
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(self));
    await handle.sync();
    return handle;
  } catch (thrown) {
    await handle.close();
    await rm(draft, { force: true });
    throw thrown;
  }
};

/** Moved aside before it is removed: whoever was quicker may hold it by now, and gets it back. */
const removeStale = async (file: string, aside: string, stale: Holder | undefined): Promise<void> => {
  await rename(file, aside).catch(() => undefined);
  const moved = await readHolder(aside);
  if (moved !== undefined && JSON.stringify(moved) !== JSON.stringify(stale)) await rename(aside, file);
  else await rm(aside, { force: true });
};

/**
 * Takes the lock of a directory. The lock of a process that is gone is taken over at once. One of another host or
 * container is taken over when its holder has given no sign of life for `silence`, measured with the clock of this process alone.
 *
 * @throws AuditError `audit/locked`
 */
export const takeLock = async (directory: string, limits: LockLimits, signal?: AbortSignal): Promise<HeldLock> => {
  const file = join(directory, lockName);
  const draft = `${file}.${randomUUID()}`;
  const self = {
    pid: process.pid,
    started: (await startOf(process.pid)) ?? '',
    boot: await bootId(),
    host: hostname(),
  };
  const handle = await writeDraft(draft, self);
  const inode = (await handle.stat()).ino;
  const began = performance.now();
  let seen: { readonly at: number; readonly since: number } | undefined;
  try {
    for (;;) {
      try {
        // Like O_EXCL, but the lock is never seen without its holder.
        await link(draft, file);
        break;
      } catch (thrown) {
        if (!exists(thrown)) throw thrown;
      }
      const holder = await readHolder(file);
      const state = await stateOf(holder, self);
      const [now, at] = [performance.now(), await modified(file)];
      if (seen?.at !== at) seen = { at, since: now };
      const silent = state === 'unseen' && now - seen.since > limits.silence;
      if (state === 'gone' || silent) {
        await removeStale(file, `${draft}.stale`, holder);
        continue;
      }
      if (now - began > limits.patience + (state === 'unseen' ? limits.silence : 0)) {
        const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
        throw new AuditError('audit/locked', `${directory} is being written by ${who}`);
      }
      await wait(20 + Math.random() * 80, undefined, signal === undefined ? {} : { signal });
    }
  } catch (thrown) {
    await handle.close();
    throw thrown;
  } finally {
    await rm(draft, { force: true });
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, limits.heartbeat);
  beat.unref();
  const isOurs = (): boolean => statSync(file, { throwIfNoEntry: false })?.ino === inode;
  return {
    isOurs,
    release: async () => {
      clearInterval(beat);
      if (isOurs()) await rm(file, { force: true });
      await handle.close();
    },
  };
};
