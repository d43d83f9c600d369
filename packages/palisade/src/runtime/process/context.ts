import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProcessContext } from '../../contracts/service-kind.ts';
import { error } from '../errors.ts';
import { type Account, ANYBODY, usersOfVolume } from './accounts.ts';
import type { Host, Runnable } from './host.ts';
import { type PortTable, createLayout } from './layout.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { type MountPoint, mountPointsOf } from './mounts.ts';
import { searchPrograms } from './programs.ts';
import { closedDirectory, giveTree, ownDirectory, removeForeignLinks } from './rights.ts';
import { grantMounts, grantedMounts } from './staging.ts';

/** All that a kind is told about a service, and what belongs to its start. */
export interface Prepared {
  readonly context: ProcessContext;
  readonly mounts: readonly MountPoint[];
  /** Why programs that the kind asked for were not found; grows while it makes its plan. */
  readonly missing: () => readonly string[];
  /** Removes copies of programs and libraries that the kind does not ask for any more. */
  readonly sweep: Mirror['sweep'];
}

/**
 * Makes the directories of the data directory. Those that services have in common may be entered by every account and
 * listed by none but the owner. `why` is what an error adds where the way is closed.
 *
 * @throws `runtime/way-closed`
 */
export const prepareDataDirectory = async (host: Host, why: string): Promise<void> => {
  const { dataDirectory, operator, privileged, places } = host;
  const common = privileged ? 0o711 : 0o700;
  if (host.apart) await ownDirectory(dirname(dataDirectory), operator, 0o711);
  await ownDirectory(dataDirectory, operator, common);
  await ownDirectory(places.services, operator, common);
  await ownDirectory(places.volumes, operator, common);
  await ownDirectory(places.copies, operator, common);
  await ownDirectory(places.mirrors, operator, common);
  await ownDirectory(places.logs, operator, 0o700);
  const closed = privileged ? closedDirectory(places.services, ANYBODY) : undefined;
  if (closed !== undefined)
    throw error('runtime/way-closed', {
      service: 'every service',
      path: dataDirectory,
      closedAt: closed,
      why,
    });
};

/** How much of a service's surroundings is made: all of it while it is stopped, its files anew, or nothing. */
export type Preparation = 'start' | 'reload' | 'look';

/**
 * Makes a service's directories and grants it its files, as far as asked for; resolves to its context. A volume that
 * several services share belongs to their common group, every other one to the service alone.
 */
export const prepareContext = async (
  host: Host,
  { service, kind, account }: Runnable,
  { ports, preparation, say }: { readonly ports: PortTable; readonly preparation: Preparation; readonly say: Say },
): Promise<Prepared> => {
  const { stack, places } = host;
  const points = mountPointsOf(stack, service, places, kind.writablePaths);
  if (preparation !== 'look' && host.privileged) await removeForeignLinks(places.service(service.name));
  if (preparation === 'start') await makeDirectories(host, service.name, account, points);
  const staged = places.staged(service.name);
  const mounts =
    preparation === 'look'
      ? grantedMounts(points, staged)
      : await grantMounts(points, {
          service: service.name,
          account,
          operator: host.operator,
          privileged: host.privileged,
          projectDirectory: stack.directory,
          staged,
          told: host.told,
          say,
        });
  const mirror = openMirror({
    service: service.name,
    account,
    operator: host.operator,
    privileged: host.privileged,
    directory: places.mirror(service.name),
    writable: preparation !== 'look',
    say,
  });
  const programs = searchPrograms(host.programDirectories, account, mirror);
  const { layout, environment } = createLayout({ stack, service, places, mounts, ports });
  return {
    context: {
      stack,
      service,
      layout,
      environment,
      program: programs.find,
      reachable: mirror.reachable,
      account,
    },
    mounts,
    missing: programs.missing,
    sweep: mirror.sweep,
  };
};

type Say = (line: string) => void;

const makeDirectories = async (
  { stack, places, operator }: Host,
  service: string,
  account: Account,
  points: readonly MountPoint[],
): Promise<void> => {
  await ownDirectory(places.service(service), account, 0o700);
  await ownDirectory(places.root(service), account, 0o700);
  for (const { origin, host: path, volume } of points.toReversed()) {
    if (origin === 'private') await ownDirectory(path, account, 0o700);
    if (origin !== 'volume' || volume === undefined) continue;
    const shared = usersOfVolume(stack, volume).length > 1;
    await ownDirectory(path, shared ? { uid: operator.uid, gid: account.gid } : account, shared ? 0o2770 : 0o700);
  }
};

/**
 * Gives the account what its kind has written for it: its own directory, volumes that are its alone, and in volumes that
 * it shares what belongs to the operator.
 */
export const giveOwnFiles = async (
  host: Host,
  { service, account }: Runnable,
  mounts: readonly MountPoint[],
): Promise<void> => {
  if (!host.privileged) return;
  await giveTree(host.places.service(service.name), account);
  for (const { volume, host: path } of mounts) {
    if (volume === undefined) continue;
    if (usersOfVolume(host.stack, volume).length === 1) await giveTree(path, account);
    else for (const name of await readdir(path)) await giveTree(join(path, name), account, host.operator.uid);
  }
};
