import { realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Account } from './accounts.ts';
import type { Mirror } from './mirror.ts';
import { SEARCH, allows, closedDirectory } from './rights.ts';

/** Looks for programs on behalf of one account, and remembers what it looked for in vain. */
export interface ProgramSearch {
  /**
   * Absolute path of the first one in the directories that the account can run where it is, else of the first one's
   * mirrored file; undefined where there is none.
   */
  readonly find: (name: string) => string | undefined;
  /** `<program>` and, where one is there but out of reach, why. */
  readonly missing: () => readonly string[];
}

const isExecutable = (path: string): boolean => {
  const info = statSync(path, { throwIfNoEntry: false });
  return info !== undefined && info.isFile() && (info.mode & 0o111) !== 0;
};

const isOpen = (path: string, account: Account): boolean =>
  closedDirectory(path, account) === undefined && allows(statSync(path), account, SEARCH);

/**
 * A name under which the account can run a program: the one that it was found by, or, where a closed directory holds only a link to
 * it, its own. A program that is called by another name (as wrappers are) may do something else, so that is not tried.
 */
const openName = (path: string, account: Account): string | undefined => {
  const real = realpathSync(path);
  if (!isOpen(real, account)) return undefined;
  if (closedDirectory(path, account) === undefined) return path;
  return basename(real) === basename(path) ? real : undefined;
};

/** A search of the directories, in order. */
export const searchPrograms = (
  directories: readonly string[],
  account: Account,
  mirror: Pick<Mirror, 'program'>,
): ProgramSearch => {
  const missing = new Map<string, string>();
  return {
    find: (name) => {
      if (!/^[\w.+-]+$/.test(name)) return undefined;
      const installed = directories.map((directory) => join(directory, name)).filter(isExecutable);
      const [first] = installed;
      const open = installed.map((path) => openName(path, account)).find((path) => path !== undefined);
      const found = open ?? (first && mirror.program(first));
      if (found === undefined)
        missing.set(name, first === undefined ? `${name} is not installed` : `${first} is closed to its account`);
      return found;
    },
    missing: () => [...missing.values()],
  };
};
