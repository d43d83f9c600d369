import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { run } from '../support/exec.ts';

/** Milliseconds that git may take. */
const patience = 3000;

/**
 * Which of the project's files git tracks: none where the project is in no repository. Undefined where git cannot tell.
 * The repository's own settings cannot make git run a program.
 */
export const trackedFiles = async (
  directory: string,
  paths: readonly string[],
): Promise<ReadonlySet<string> | undefined> => {
  const inside = paths.filter((path) => !isAbsolute(path));
  if (inside.length === 0 || !(await isInRepository(directory))) return new Set();
  try {
    const options = ['-c', 'core.fsmonitor=false', '--literal-pathspecs', '--no-optional-locks'];
    const found = await run('git', [...options, 'ls-files', '-z', '--', ...inside], {
      workingDirectory: directory,
      timeout: patience,
    });
    return found.exitCode === 0 && !found.truncated ? new Set(found.stdout.split('\0').filter(Boolean)) : undefined;
  } catch {
    // No git on this machine: not known.
    return undefined;
  }
};

const isInRepository = async (directory: string): Promise<boolean> => {
  for (let current = directory; ; current = dirname(current)) {
    const found = await stat(join(current, '.git')).then(
      () => true,
      () => false,
    );
    if (found) return true;
    if (dirname(current) === current) return false;
  }
};
