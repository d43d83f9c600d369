import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFromPyPi } from './pypi.ts';
import { schemathesisDirectory, toolsDirectory } from './requirements.ts';

/**
 * Brings Schemathesis from PyPI (version and hashes pinned, of everything that it needs too) into a directory of its own, which is
 * put on `PYTHONPATH` to run it.
 *
 * @throws SetupError where Python or pip is missing, Python is older than 3.11, or the download fails
 */
export const installSchemathesis = (): void => {
  const byHand = 'its test is skipped';
  mkdirSync(toolsDirectory, { recursive: true });
  const partial = join(toolsDirectory, `schemathesis.${process.pid}.partial`);
  try {
    installFromPyPi('schemathesis-requirements.txt', { title: 'Schemathesis', directory: partial, byHand });
    rmSync(schemathesisDirectory, { recursive: true, force: true });
    renameSync(partial, schemathesisDirectory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
