import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../support/errors.ts';
import { isFileSystemError, setMode, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';

/** Where Palisade keeps what it remembers of a directory. */
export interface StatePaths {
  readonly root: string;
  readonly journal: string;
  readonly originals: string;
  readonly lock: string;
}

/** The paths of a directory's state; nothing is made. */
export const statePaths = (directory: string): StatePaths => {
  const root = join(directory, '.palisade');
  return { root, journal: join(root, 'journal'), originals: join(root, 'originals'), lock: join(root, 'lock') };
};

/** Makes the directories of the state, private and hidden from git. Throws `engine/directory-not-writable`. */
export const makeState = async (directory: string): Promise<StatePaths> => {
  const paths = statePaths(directory);
  try {
    for (const path of [paths.root, paths.journal, paths.originals]) {
      await mkdir(path, { mode: 0o700 }).catch((thrown: unknown) => {
        if (!isFileSystemError(thrown, 'EEXIST')) throw thrown;
      });
      // Services that run from below the state under accounts of their own keep their way; nobody else may list what is there.
      const passage = path === paths.root ? (await stat(path)).mode & 0o011 : 0;
      await setMode(path, 0o700 | passage);
    }
    // Originals hold what the user's files hold, passwords among it: they must not be committed.
    await writeFileAtomically(join(paths.root, '.gitignore'), '*\n', { mode: 0o600 });
  } catch (cause) {
    throw error('engine/directory-not-writable', { directory, why: messageOf(cause) }, cause);
  }
  return paths;
};

/** The name of the nth apply of a directory. */
export const applyName = (number: number): string => String(number).padStart(6, '0');

/** Names of the applies that left a journal, oldest first. */
export const applyNames = async ({ journal }: StatePaths): Promise<readonly string[]> => {
  try {
    const names = await readdir(journal);
    return names.flatMap((name) => /^(\d{6,})\.jsonl$/.exec(name)?.[1] ?? []).toSorted((a, b) => Number(a) - Number(b));
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return [];
    throw thrown;
  }
};

/** The journal of one apply. */
export const journalFile = ({ journal }: StatePaths, apply: string): string => join(journal, `${apply}.jsonl`);

/** Removes what earlier applies kept: only the last one can be rolled back. */
export const forgetOthers = async ({ originals }: StatePaths, apply: string): Promise<void> => {
  for (const name of await readdir(originals))
    if (name !== apply) await rm(join(originals, name), { recursive: true, force: true });
};
