import { relative, sep } from 'node:path';

/** A path as the stack shows it: relative to the project with forward slashes, absolute outside of it. */
export const shownPath = (directory: string, path: string): string => {
  const found = relative(directory, path);
  if (found === '') return '.';
  return found === '..' || found.startsWith(`..${sep}`) ? path : found.split(sep).join('/');
};
