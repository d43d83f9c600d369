import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mongoshDirectory, toolsDirectory } from './requirements.ts';
import { SetupError } from './setup-error.ts';

/**
 * Brings mongosh from npm into a directory of its own: versions and hashes of all its packages are pinned in
 * `mongosh/package-lock.json`, and no script of theirs is run. It takes half a minute.
 *
 * @throws SetupError where the download fails
 */
export const installMongosh = (): void => {
  mkdirSync(toolsDirectory, { recursive: true });
  const partial = join(toolsDirectory, `mongosh.${process.pid}.partial`);
  try {
    cpSync(join(import.meta.dirname, 'mongosh'), partial, { recursive: true });
    const npm = process.env['npm_execpath'];
    const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    const done = spawnSync(program, [...first, 'ci', ...options], {
      cwd: partial,
      stdio: ['ignore', 2, 2],
      timeout: 300_000,
    });
    if (done.status !== 0)
      throw new SetupError(
        `mongosh: npm ci ended with ${done.status ?? 'no result'}; MongoDB is left out of the tests in containers`,
      );
    rmSync(mongoshDirectory, { recursive: true, force: true });
    renameSync(partial, mongoshDirectory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
