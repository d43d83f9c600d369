import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { FileMode, FileWrite } from '../contracts/change.ts';
import type { Stack } from '../contracts/stack.ts';
import { sha256 } from '../support/files.ts';
import { shownPath } from './relative.ts';

/** Bytes of a present file that are compared at most. */
const mostCompared = 16 * 1024 * 1024;

/**
 * The write that gives a file of the project its content, none where it has content and mode already. `path` is relative
 * to the project. A file that the stack does not mount yet is looked up on disk, so that the write expects what is there.
 */
export const writeFile = (stack: Stack, path: string, content: string, mode = 0o644): readonly FileWrite[] => {
  const shown = shownPath(stack.directory, resolve(stack.directory, path));
  const before = presentFile(stack, shown);
  const write = { kind: 'file-write', path: shown, mode, content } as const;
  if (before === undefined) return [{ ...write, expects: { state: 'absent' } }];
  if (before.mode === mode && before.sha256 === sha256(content)) return [];
  return [{ ...write, expects: { state: 'digest', sha256: before.sha256 } }];
};

/** The change of a file's permission bits, none where it has them or is not there. */
export const setFileMode = (stack: Stack, path: string, mode: number): readonly FileMode[] => {
  const shown = shownPath(stack.directory, resolve(stack.directory, path));
  const before = stack.files.get(shown)?.mode ?? presentMode(stack, shown);
  return before === undefined || before === mode
    ? []
    : [{ kind: 'file-mode', path: shown, mode, expects: { mode: before } }];
};

const presentFile = (stack: Stack, path: string): { readonly mode: number; readonly sha256: string } | undefined => {
  const known = stack.files.get(path);
  if (known?.text !== undefined) return { mode: known.mode, sha256: sha256(known.text) };
  try {
    const absolute = isAbsolute(path) ? path : resolve(stack.directory, path);
    const status = statSync(absolute);
    if (!status.isFile() || status.size > mostCompared) return { mode: status.mode & 0o7777, sha256: '' };
    return { mode: status.mode & 0o7777, sha256: sha256(readFileSync(absolute)) };
  } catch {
    return undefined;
  }
};

const presentMode = (stack: Stack, path: string): number | undefined => {
  try {
    return statSync(resolve(stack.directory, path)).mode & 0o7777;
  } catch {
    return undefined;
  }
};
