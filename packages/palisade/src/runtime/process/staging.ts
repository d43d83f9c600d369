import { lstat, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sha256, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';
import type { Account } from './accounts.ts';
import type { MountPoint } from './mounts.ts';
import { type Entry, closedDirectory, entriesBelow, giveTree, obstacleTo, ownDirectory } from './rights.ts';

/** More than that is no configuration, and is not copied. */
const MOST_FILES = 500;
const MOST_BYTES = 32 * 1024 * 1024;

/** Whose mounts, and how. */
export interface Grantee {
  readonly service: string;
  readonly account: Account;
  /** True where Palisade may give files away. */
  readonly privileged: boolean;
  readonly projectDirectory: string;
  /** Directory for the copies. */
  readonly staged: string;
  readonly say: (line: string) => void;
}

/**
 * Sees to it that the service's account can read what is mounted into it, and resolves to the mounts as they are then.
 * Files that belong to the service alone (`secrets/<service>`, `certs/<service>`) are given to its account where they
 * are. What it still cannot read, because of a closed directory above or the file's own mode, is copied below its state
 * directory, mode 0400; copies that are not needed any more are removed. Throws `runtime/way-closed` for what is too
 * much to copy.
 */
export const grantMounts = async (points: readonly MountPoint[], grantee: Grantee): Promise<readonly MountPoint[]> => {
  if (!grantee.privileged) return points;
  const { service, account, staged, say } = grantee;
  const kept = new Set<string>();
  const granted: MountPoint[] = [];
  for (const point of points) {
    if ((point.origin !== 'bind' && point.origin !== 'file') || !(await prepareSource(point, grantee))) {
      granted.push(point);
      continue;
    }
    const obstacle = await obstacleTo(point.host, account);
    if (obstacle === undefined) {
      granted.push(point);
      continue;
    }
    const name = sha256(point.target).slice(0, 16);
    await ownDirectory(staged, account, 0o700);
    await copyTree(point, join(staged, name), grantee, obstacle);
    kept.add(name);
    granted.push({ ...point, host: join(staged, name) });
    say(
      `${service}: ${point.target} is a copy (0400), because ${obstacle} is closed to its account${point.readOnly ? '' : '; what it writes there stays in the copy'}`,
    );
  }
  for (const name of await readdir(staged).catch(() => []))
    if (!kept.has(name)) await rm(join(staged, name), { recursive: true, force: true });
  return granted;
};

/** Gives the account what is its own; false where nothing is there that it could read. */
const prepareSource = async (
  { host, origin, readOnly }: MountPoint,
  { service, account, projectDirectory }: Grantee,
): Promise<boolean> => {
  const own = ['secrets', 'certs'].map((area) => join(projectDirectory, area, service));
  const info = await lstat(host).catch(() => undefined);
  // A socket or device can be passed on, never copied.
  if (info !== undefined && !info.isFile() && !info.isDirectory() && !info.isSymbolicLink()) return false;
  const area = own.find((directory) => host === directory || host.startsWith(`${directory}/`));
  if (area !== undefined && info !== undefined) await giveTree(area, account);
  // As an engine does for a bind whose source is missing; an empty directory to write to is given away as well.
  else if (origin === 'bind' && !readOnly && host.startsWith(`${projectDirectory}/`)) {
    if (info === undefined) await mkdir(host, { recursive: true });
    if (info === undefined || (info.isDirectory() && (await readdir(host)).length === 0)) {
      await giveTree(host, account);
      return closedDirectory(host, account) !== undefined;
    }
  }
  return info !== undefined;
};

const copyTree = async (
  { host }: MountPoint,
  copy: string,
  { service, account }: Grantee,
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
  const rights = { uid: account.uid, gid: account.gid };
  const placeOf = ({ path }: Entry): string => join(copy, relative(host, path));
  for (const entry of entries)
    if (entry.directory) await ownDirectory(placeOf(entry), rights, 0o700);
    else await writeFileAtomically(placeOf(entry), await readFile(entry.path), { mode: 0o400, ...rights });
  const present = new Set(entries.map(placeOf));
  for (const { path } of await entriesBelow(copy))
    if (!present.has(path)) await rm(path, { recursive: true, force: true });
};
