import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../../support/secret.ts';
import { isFileSystemError, syncDirectory, writeFileAtomically } from '../../../support/files.ts';

/** A certificate with its key and the authority to trust, PEM each. */
export interface Bundle {
  /** The leaf, and the intermediates behind it. */
  readonly certificate: string;
  readonly key: Secret;
  /** The root. */
  readonly authority: string;
}

/** The account that reads the key. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const fileNames = ['cert.pem', 'key.pem', 'ca.pem'] as const;
const current = 'current';
const versionName = /^version-[0-9a-f]{16}$/;
/** Links of a run that was killed before it renamed them. */
const leftoverName = /^\.(current|cert\.pem|key\.pem|ca\.pem)\.[0-9a-f]{12}\.partial$/;

/**
 * Installs a bundle into a directory as a whole. The files are written into a new version directory, and one rename of
 * the link `current` switches `cert.pem`, `key.pem` and `ca.pem`, which are links through it, all at once: key and
 * certificate are never seen to differ, whenever the machine stops. The version before stays until the next one, for a
 * server that is reading it.
 *
 * The links are relative, so that the directory can be mounted elsewhere. Directory 0700, key 0600, certificates 0644.
 */
export const installBundle = async (directory: string, bundle: Bundle, owner?: Owner): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const version = `version-${randomBytes(8).toString('hex')}`;
  const target = join(directory, version);
  await mkdir(target, { mode: 0o700 });
  const rights = owner ?? {};
  await writeFileAtomically(join(target, 'key.pem'), bundle.key.reveal(), { mode: 0o600, ...rights });
  await writeFileAtomically(join(target, 'cert.pem'), bundle.certificate, { mode: 0o644, ...rights });
  await writeFileAtomically(join(target, 'ca.pem'), bundle.authority, { mode: 0o644, ...rights });
  if (owner !== undefined) {
    await chown(target, owner.uid, owner.gid);
    await chown(directory, owner.uid, owner.gid);
  }
  const before = await linkTarget(join(directory, current));
  await link(directory, current, version);
  for (const name of fileNames)
    if ((await linkTarget(join(directory, name))) !== `${current}/${name}`)
      await link(directory, name, `${current}/${name}`);
  await syncDirectory(directory);
  await removeVersions(directory, [version, ...(before === undefined ? [] : [before])]);
};

/** Removes every version but the current one, so that what an earlier one trusted is trusted no more. */
export const keepCurrentVersion = async (directory: string): Promise<void> => {
  const version = await linkTarget(join(directory, current));
  if (version !== undefined) await removeVersions(directory, [version]);
};

/** The files as they stand; undefined where the bundle is not complete. */
export const readBundle = async (
  directory: string,
): Promise<{ readonly certificate: string; readonly key: string; readonly authority: string } | undefined> => {
  const [certificate, key, authority] = await Promise.all(fileNames.map((name) => readText(join(directory, name))));
  return certificate === undefined || key === undefined || authority === undefined
    ? undefined
    : { certificate, key, authority };
};

/** PEM of the authorities of every version that is still there: what to trust while a server moves to a new one. */
export const authoritiesOf = async (directory: string): Promise<string> => {
  const versions = await versionsOf(directory);
  const texts = await Promise.all(versions.map((version) => readText(join(directory, version, 'ca.pem'))));
  return [...new Set(texts.flatMap((text) => (text === undefined ? [] : [text.trim()])))].join('\n');
};

const versionsOf = async (directory: string): Promise<readonly string[]> =>
  (await namesIn(directory)).filter((name) => versionName.test(name)).toSorted();

const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return [];
    throw thrown;
  }
};

const removeVersions = async (directory: string, kept: readonly string[]): Promise<void> => {
  for (const name of await namesIn(directory))
    if (leftoverName.test(name)) await rm(join(directory, name), { force: true });
  for (const version of await versionsOf(directory))
    if (!kept.includes(version)) await rm(join(directory, version), { recursive: true, force: true });
};

/** Makes a link, or replaces whatever has its name, in one rename. */
const link = async (directory: string, name: string, target: string): Promise<void> => {
  const temporary = join(directory, `.${name}.${randomBytes(6).toString('hex')}.partial`);
  await symlink(target, temporary);
  try {
    await rename(temporary, join(directory, name));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
};

const linkTarget = async (path: string): Promise<string | undefined> => {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    // A key that was given to its service already cannot be judged by anybody else; a new one takes its place.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => isFileSystemError(thrown, code))) return undefined;
    throw thrown;
  }
};
