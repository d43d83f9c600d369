import { randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../support/canonical-json.ts';
import type { Clock } from '../../support/clock.ts';
import { isFileSystemError } from '../../support/files.ts';
import { error } from '../errors.ts';
import { identify, isRunning } from './processes.ts';

/** Shape of a process's identity on disk. */
export const identitySchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number().int().nonnegative(),
  bootId: z.string(),
});

const TRIES = 6;
const LONGEST_PAUSE = 80;

/** The process that a claim names, where it still runs. */
const livingHolder = async (claim: string): Promise<number | undefined> => {
  try {
    const identity = identitySchema.parse(JSON.parse(await readFile(claim, 'utf8')));
    return isRunning(identity) ? identity.pid : undefined;
  } catch (thrown) {
    // Claims appear whole, so one that is gone or names nobody is held by nobody.
    if (isFileSystemError(thrown, 'ENOENT') || thrown instanceof SyntaxError || thrown instanceof z.ZodError)
      return undefined;
    throw thrown;
  }
};

/**
 * Takes a lock for this process, or refuses with `runtime/busy`. Resolves to the function that gives it back.
 *
 * Each contender puts down a claim in a file of its own, `<path>.<token>`, and then looks for others: where a living
 * process has one too, it takes its own back. Of two contenders at least one sees the other, so there are never two
 * holders; contenders that saw each other try again after pauses of random length. Claims of processes that have ended
 * are removed, which can never hit a new one, because no two have the same name.
 */
export const acquireLock = async (path: string, clock: Clock, random: () => number): Promise<() => Promise<void>> => {
  const own = identify(process.pid);
  if (own === undefined) throw error('runtime/no-proc', { path: '/proc' });
  const [directory, prefix] = [dirname(path), `${basename(path)}.`];
  let other: number | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await clock.sleep(5 + random() * LONGEST_PAUSE);
    const token = randomBytes(8).toString('hex');
    const claim = join(directory, prefix + token);
    const draft = join(directory, `.${prefix}${token}`);
    await writeFile(draft, canonicalJson(own), { mode: 0o600, flag: 'wx' });
    await rename(draft, claim);
    other = await otherHolder(directory, prefix, claim);
    if (other === undefined) return () => rm(claim, { force: true });
    await rm(claim, { force: true });
  }
  throw error('runtime/busy', { directory, pid: other ?? 0 });
};

const otherHolder = async (directory: string, prefix: string, own: string): Promise<number | undefined> => {
  const claims = (await readdir(directory))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(directory, name))
    .filter((claim) => claim !== own);
  for (const claim of claims) {
    const holder = await livingHolder(claim);
    if (holder !== undefined) return holder;
    await rm(claim, { force: true });
  }
  return undefined;
};
