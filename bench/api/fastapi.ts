import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFromPyPi } from '../../tools/setup/pypi.ts';
import { root } from '../../tools/setup/requirements.ts';
import { SetupError } from '../../tools/setup/setup-error.ts';

/** What the peer is, exactly; the file of requirements pins these and everything below them with hashes. */
export const fastApiStack =
  'FastAPI 0.165.0, slowapi 0.1.10, PyJWT 2.15.1, uvicorn 0.54.0 (one worker, uvloop, httptools)';

const directory = join(root, '.cache', 'bench', 'fastapi-0.165.0');

/**
 * The directory of the Python packages of the peer, for `PYTHONPATH`; brings them the first time. A text where they cannot be had:
 * one line that says why.
 */
export const fastApiPackages = (): { readonly directory: string } | string => {
  if (existsSync(directory)) return { directory };
  const partial = `${directory}.${process.pid}.partial`;
  try {
    mkdirSync(join(root, '.cache', 'bench'), { recursive: true });
    installFromPyPi('../../bench/api/fastapi-requirements.txt', {
      title: 'FastAPI',
      directory: partial,
      byHand: 'it is not measured',
    });
    renameSync(partial, directory);
    return { directory };
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
