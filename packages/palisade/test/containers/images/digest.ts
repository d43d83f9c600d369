import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Above this many bytes a file counts by its size and the name that it goes in under: these are the packaged binaries, whose versions are pinned. */
const largest = 8 * 1024 * 1024;

const add = (hash: Hash, name: string, path: string): void => {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) hash.update(`link ${name} ${readlinkSync(path)}\n`);
  else if (status.isDirectory())
    for (const entry of readdirSync(path).toSorted()) add(hash, `${name}/${entry}`, join(path, entry));
  else {
    hash.update(`file ${name} ${status.mode & 0o111} ${status.size}\n`);
    if (status.size <= largest) hash.update(readFileSync(path));
  }
};

/** A digest of what goes into an image: files and directories by the name that they have there, and other inputs as text. */
export const digestOf = (files: Readonly<Record<string, string>>, inputs: readonly string[]): string => {
  const hash = createHash('sha256').update(inputs.join('\n'));
  for (const [name, path] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) add(hash, name, path);
  return hash.digest('hex');
};
