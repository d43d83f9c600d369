import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationTemplate } from '../model/index.ts';
import type { ExitCode } from '../support/errors.ts';
import { isFileSystemError } from '../support/files.ts';
import type { JobContext } from './context.ts';
import { error } from './errors.ts';

/**
 * The job behind `palisade init`: a commented `palisade.yaml`. An existing one stays as it is.
 *
 * @throws `job/file-exists`
 */
export const initProject = async (
  { directory }: { readonly directory: string },
  context: JobContext,
): Promise<ExitCode> => {
  const file = join(directory, 'palisade.yaml');
  try {
    await writeFile(file, configurationTemplate(), { flag: 'wx', mode: 0o644 });
  } catch (thrown) {
    if (isFileSystemError(thrown, 'EEXIST')) throw error('job/file-exists', { file });
    throw thrown;
  }
  context.progress(`wrote ${file}`);
  return 0;
};
