import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isFileSystemError, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';

const holder = z.object({ pid: z.int(), started: z.string(), boot: z.string(), host: z.string() });

type Holder = z.infer<typeof holder>;

const readOr = async (path: string, otherwise: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
};

/**
 * The start time of a process in clock ticks since the boot, which together with its number names it for ever;
 * undefined where it is gone or a zombie. Source: proc_pid_stat(5), fields 3 and 22, counted behind the name, which may
 * hold spaces.
 */
const startOf = async (pid: number): Promise<string | undefined> => {
  const stat = await readOr(`/proc/${pid}/stat`, '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
};

const ourselves = async (): Promise<Holder> => ({
  pid: process.pid,
  started: (await startOf(process.pid)) ?? '',
  boot: (await readOr('/proc/sys/kernel/random/boot_id', '')).trim(),
  host: hostname(),
});

const readHolder = async (file: string): Promise<Holder | undefined> => {
  try {
    return holder.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
};

/** A process of another host cannot be looked at, so it counts as alive. */
const isAlive = async (other: Holder, self: Holder): Promise<boolean> => {
  if (other.host !== self.host) return true;
  return other.boot === self.boot && (await startOf(other.pid)) === other.started;
};

const exists = (thrown: unknown): boolean => isFileSystemError(thrown, 'EEXIST');

const describe = (other: Holder | undefined): string =>
  other === undefined ? 'an unknown process' : `process ${other.pid} on ${other.host}`;

/**
 * Takes the lock of a directory, and resolves to what gives it back. The lock of a process that is gone is taken over.
 * Throws `engine/directory-locked`, which says who holds it.
 */
export const takeLock = async (directory: string, file: string): Promise<() => Promise<void>> => {
  const self = await ourselves();
  const draft = `${file}.${randomUUID()}`;
  const held = async (): Promise<never> => {
    throw error('engine/directory-locked', { directory, holder: describe(await readHolder(file)), file });
  };
  await writeFileAtomically(draft, JSON.stringify(self), { mode: 0o600 }, `${draft}.partial`);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        // Like O_EXCL, but the lock is never seen without its holder.
        await link(draft, file);
        return () => rm(file, { force: true });
      } catch (thrown) {
        if (!exists(thrown)) throw thrown;
      }
      const other = await readHolder(file);
      if (other !== undefined && (await isAlive(other, self))) return await held();
      // Moved aside before it is removed: a run that was quicker may hold the lock by now, and gets it back.
      const aside = `${draft}.stale`;
      await rename(file, aside).catch((thrown: unknown) => {
        if (!isFileSystemError(thrown, 'ENOENT')) throw thrown;
      });
      const moved = await readHolder(aside);
      if (moved !== undefined && (await isAlive(moved, self))) {
        await rename(aside, file);
        return await held();
      }
      await rm(aside, { force: true });
    }
    return await held();
  } finally {
    await rm(draft, { force: true });
  }
};
