import { readFile } from 'node:fs/promises';
import { messageOf } from '../support/errors.ts';
import { Secret } from '../support/secret.ts';
import { error } from './errors.ts';

/**
 * Reads an age identity file: comment lines, and one line `AGE-SECRET-KEY-1…` (age(1)).
 *
 * @throws `job/identity-unreadable`; the message never holds what the file does
 */
export const readIdentity = async (file: string | undefined): Promise<Secret | undefined> => {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw error('job/identity-unreadable', { file, why: messageOf(thrown) });
  }
  const identity = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith('AGE-SECRET-KEY-1'));
  if (identity === undefined) throw error('job/identity-unreadable', { file, why: 'no line of it is an age identity' });
  return new Secret(identity);
};
