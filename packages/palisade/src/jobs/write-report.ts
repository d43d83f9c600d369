import { messageOf } from '../support/errors.ts';
import { writeFileAtomically } from '../support/files.ts';
import { error } from './errors.ts';

/**
 * Writes a report as a whole. It shows where a stack is weak, so only its owner may read it.
 *
 * @throws `job/report-unwritable`
 */
export const writeReport = async (file: string, text: string): Promise<void> => {
  try {
    await writeFileAtomically(file, text, { mode: 0o600 });
  } catch (thrown) {
    throw error('job/report-unwritable', { file, why: messageOf(thrown) }, thrown);
  }
};
