import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../support/canonical-json.ts';
import { isFileSystemError } from '../../support/files.ts';
import { error } from '../errors.ts';
import { identify, isRunning } from './processes.ts';

/** Shape of a process's identity on disk. */
export const identitySchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number().int().nonnegative(),
  bootId: z.string(),
});

interface Holder {
  readonly text: string;
  /** 0 where the text names nobody. */
  readonly pid: number;
  readonly alive: boolean;
}

const parseHolder = (text: string): Holder => {
  try {
    const identity = identitySchema.parse(JSON.parse(text));
    return { text, pid: identity.pid, alive: isRunning(identity) };
  } catch {
    // The file appears whole or not at all, so a text that names nobody was not written by a holder.
    return { text, pid: 0, alive: false };
  }
};

const holderOf = async (file: string): Promise<Holder | undefined> => {
  try {
    return parseHolder(await readFile(file, 'utf8'));
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

/**
 * Takes the lock file for this process, or refuses with `runtime/busy`. The file appears whole (a hard link to a
 * finished one), names its holder by number and start time, and a holder that has ended is replaced. Resolves to the
 * function that gives the lock back.
 */
export const acquireLock = async (file: string): Promise<() => Promise<void>> => {
  const own = identify(process.pid);
  if (own === undefined) throw error('runtime/no-proc', { path: '/proc' });
  const token = randomBytes(6).toString('hex');
  const draft = `${file}.${token}.draft`;
  const text = canonicalJson({ ...own, token });
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        await link(draft, file);
        return async () => {
          if ((await holderOf(file))?.text === text) await rm(file, { force: true });
        };
      } catch (thrown) {
        if (!isFileSystemError(thrown, 'EEXIST')) throw thrown;
      }
      const holder = await holderOf(file);
      if (holder === undefined) continue;
      if (holder.alive) throw error('runtime/busy', { directory: dirname(file), pid: holder.pid });
      await removeStale(file, holder.text, token);
    }
    throw error('runtime/busy', { directory: dirname(file), pid: (await holderOf(file))?.pid ?? 0 });
  } finally {
    await rm(draft, { force: true });
  }
};

/**
 * Takes a dead holder's file away by renaming it, which only one of several contenders can do; where a living one has
 * come in between, its file is put back.
 */
const removeStale = async (file: string, stale: string, token: string): Promise<void> => {
  const aside = `${file}.${token}.stale`;
  try {
    await rename(file, aside);
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return;
    throw thrown;
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
};
