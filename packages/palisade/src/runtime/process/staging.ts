import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { sha256, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';
import type { Account } from './accounts.ts';
import type { MountPoint } from './mounts.ts';
import { type Entry, closedDirectory, entriesBelow, giveTree, isWithin, obstacleTo, ownDirectory } from './rights.ts';

/** More than that is no configuration, and is not copied. */
const MOST_FILES = 500;
const MOST_BYTES = 32 * 1024 * 1024;

/** Whose mounts, and how. */
export interface Grantee {
  readonly service: string;
  readonly account: Account;
  readonly operator: { readonly uid: number };
  /** True where Palisade may give files away. */
  readonly privileged: boolean;
  readonly projectDirectory: string;
  /** Directory for the copies. */
  readonly staged: string;
  /** Obstacles that were told already; those that this grant tells are added. */
  readonly told: Set<string>;
  readonly say: (line: string) => void;
}

/** A copy keeps its name in a directory of its own: servers tell files apart by their endings, and read them in order. */
const copyOf = ({ target }: MountPoint, staged: string): string =>
  join(staged, sha256(target).slice(0, 16), basename(target));

/** The mounts as an earlier grant has left them: copies where there are copies. Changes nothing. */
export const grantedMounts = (points: readonly MountPoint[], staged: string): readonly MountPoint[] =>
  points.map((point) => (existsSync(copyOf(point, staged)) ? { ...point, host: copyOf(point, staged) } : point));

/**
 * Sees to it that the service's account can read what is mounted into it, and resolves to the mounts as they are then.
 * Files that belong to the service alone (`secrets/<service>`, `certs/<service>`) are given to its account where they
 * are. What it still cannot read, because of a closed directory above or the file's own mode, is copied to a directory
 * that it can read and not change, mode 0400; copies that are not needed any more are removed. Throws
 * `runtime/way-closed` for what is too much to copy.
 */
export const grantMounts = async (points: readonly MountPoint[], grantee: Grantee): Promise<readonly MountPoint[]> => {
  if (!grantee.privileged) return points;
  const { service, staged, told, say } = grantee;
  const kept = new Set<string>();
  const granted: MountPoint[] = [];
  for (const point of points) {
    const obstacle = await obstacleOf(point, grantee);
    if (obstacle === undefined) {
      granted.push(point);
      continue;
    }
    const copy = copyOf(point, staged);
    await copyTree(point, copy, grantee, obstacle);
    kept.add(dirname(copy));
    granted.push({ ...point, host: copy });
    if (!point.readOnly)
      say(
        `${service}: ${point.target} is a copy, because ${obstacle} is closed to its account; what it writes there is lost`,
      );
    // One closed directory stands in the way of many mounts of many services.
    else if (!told.has(obstacle))
      say(`${obstacle} is closed to the account of ${service}: what is mounted from there is read as a copy (0400)`);
    told.add(obstacle);
  }
  for (const name of await readdir(staged).catch(() => []))
    if (!kept.has(join(staged, name))) await rm(join(staged, name), { recursive: true, force: true });
  return granted;
};

/** What keeps the account from a mount after it was given what is its own; undefined where nothing does. */
const obstacleOf = async (
  { host, origin, readOnly }: MountPoint,
  { service, account, projectDirectory }: Grantee,
): Promise<string | undefined> => {
  if (origin !== 'bind' && origin !== 'file') return undefined;
  const info = await lstat(host).catch(() => undefined);
  // A socket or device can be passed on, never copied.
  if (info !== undefined && !info.isFile() && !info.isDirectory() && !info.isSymbolicLink()) return undefined;
  const own = ['secrets', 'certs']
    .map((area) => join(projectDirectory, area, service))
    .find((area) => isWithin(host, area));
  if (own !== undefined && info !== undefined) {
    await giveTree(own, account);
    // What the account owns it can lead anywhere by links, so its content is no reason to copy.
    return closedDirectory(host, account);
  }
  // As an engine does for a bind whose source is missing; an empty directory to write to is given away as well.
  if (origin === 'bind' && !readOnly && host !== projectDirectory && isWithin(host, projectDirectory)) {
    if (info === undefined) await mkdir(host, { recursive: true });
    if (info === undefined || (info.isDirectory() && (await readdir(host)).length === 0)) await giveTree(host, account);
  }
  const owned = (await lstat(host).catch(() => undefined))?.uid === account.uid;
  return owned ? closedDirectory(host, account) : obstacleTo(host, account);
};

const copyTree = async (
  { host }: MountPoint,
  copy: string,
  { service, account, operator, staged }: Grantee,
  obstacle: string,
): Promise<void> => {
  const entries = await entriesBelow(host);
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (entries.length > MOST_FILES || bytes > MOST_BYTES)
    throw error('runtime/way-closed', {
      service,
      path: host,
      closedAt: obstacle,
      why: 'it is too much to be copied for it',
    });
  const group = { uid: operator.uid, gid: account.gid };
  const placeOf = ({ path }: Entry): string => join(copy, relative(host, path));
  await ownDirectory(staged, group, 0o750);
  await ownDirectory(dirname(copy), group, 0o750);
  for (const entry of entries)
    if (entry.directory) await ownDirectory(placeOf(entry), group, 0o750);
    else
      await writeFileAtomically(placeOf(entry), await readFile(entry.path), {
        mode: entry.executable ? 0o500 : 0o400,
        uid: account.uid,
        gid: account.gid,
      });
  const present = new Set(entries.map(placeOf));
  for (const { path } of await entriesBelow(copy))
    if (!present.has(path)) await rm(path, { recursive: true, force: true });
};
