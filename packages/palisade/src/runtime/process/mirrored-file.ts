import {
  type Stats,
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Account } from './accounts.ts';
import { READ, SEARCH, WRITE, allows } from './rights.ts';

/** Whom a mirrored file is for, and whose a copy is. */
export interface MirrorOwners {
  readonly account: Account;
  readonly operator: { readonly uid: number };
}

const isProgram = ({ mode }: Stats): boolean => (mode & 0o111) !== 0;

/** True for a file whose mode makes another user of whoever runs it; such a one is never mirrored. */
export const changesUser = ({ mode }: Stats): boolean => (mode & 0o6000) !== 0;

/**
 * True where the account may have the very file: it reads it by the mode that the file has, and has no way to change it.
 * A hard link shares mode and owner with the original, so neither can be set for the account.
 */
const canBeLinked = (info: Stats, account: Account): boolean =>
  info.uid !== account.uid &&
  allows(info, account, isProgram(info) ? READ | SEARCH : READ) &&
  !allows(info, account, WRITE);

const modeOfCopy = (info: Stats): number => (isProgram(info) ? 0o550 : 0o440);

/**
 * True for a copy of what the file holds now. Its modification time was set to the original's as it was before copying,
 * so that a change in between shows; any later one makes the original's change time (inode(7)), which nobody can set, the
 * later one.
 */
const isCopy = (info: Stats, there: Stats, { account, operator }: MirrorOwners): boolean =>
  there.isFile() &&
  there.size === info.size &&
  Math.abs(there.mtimeMs - info.mtimeMs) < 1 &&
  info.ctimeMs < there.ctimeMs &&
  there.uid === operator.uid &&
  there.gid === account.gid &&
  (there.mode & 0o7777) === modeOfCopy(info);

const isCurrent = (info: Stats, there: Stats, owners: MirrorOwners): boolean =>
  there.ino === info.ino && there.dev === info.dev ? canBeLinked(info, owners.account) : isCopy(info, there, owners);

const copy = (source: string, info: Stats, partial: string, { account, operator }: MirrorOwners): void => {
  copyFileSync(source, partial, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chownSync(partial, operator.uid, account.gid);
  chmodSync(partial, modeOfCopy(info));
  utimesSync(partial, info.atimeMs / 1000, info.mtimeMs / 1000);
};

/**
 * Makes a file readable for an account at another place, and leaves what is there already and current: a hard link where
 * the account may have the file itself and both places are on one file system, else a copy that it can read and not
 * change. The directory has to exist. The original keeps its owner and mode.
 *
 * Synchronous, because a kind learns the path of a program at once; a link takes microseconds.
 */
export const mirrorFile = (source: string, info: Stats, destination: string, owners: MirrorOwners): void => {
  const there = lstatSync(destination, { throwIfNoEntry: false });
  if (there !== undefined && isCurrent(info, there, owners)) return;
  const partial = join(dirname(destination), `.${basename(destination)}.partial`);
  rmSync(partial, { force: true });
  if (!canBeLinked(info, owners.account) || !link(source, partial)) copy(source, info, partial, owners);
  if (there?.isDirectory() === true) rmSync(destination, { recursive: true });
  renameSync(partial, destination);
};

/** False where the file systems do not allow it: another one, too many links, or one that has none (link(2)). */
const link = (source: string, destination: string): boolean => {
  try {
    linkSync(source, destination);
    return true;
  } catch {
    return false;
  }
};
