import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './accounts.ts';
import { closedDirectory } from './rights.ts';

/** Looks for programs on behalf of one account, and remembers what it looked for in vain. */
export interface ProgramSearch {
  /** Absolute path of the first one in the directories that the account can run; undefined where there is none. */
  readonly find: (name: string) => string | undefined;
  /** `<program>` and, where one is there but out of reach, why. */
  readonly missing: () => readonly string[];
}

const isExecutable = (path: string): boolean => {
  const info = statSync(path, { throwIfNoEntry: false });
  return info !== undefined && info.isFile() && (info.mode & 0o111) !== 0;
};

/** A search of the directories, in order. */
export const searchPrograms = (directories: readonly string[], account: Account): ProgramSearch => {
  const missing = new Map<string, string>();
  return {
    find: (name) => {
      if (!/^[\w.+-]+$/.test(name)) return undefined;
      let why = `${name} is not installed`;
      for (const path of directories.map((directory) => join(directory, name))) {
        if (!isExecutable(path)) continue;
        const closed = closedDirectory(realpathSync(path), account);
        if (closed === undefined) return path;
        why = `${path} cannot be run by its account, because ${closed} is closed to it`;
      }
      missing.set(name, why);
      return undefined;
    },
    missing: () => [...missing.values()],
  };
};
