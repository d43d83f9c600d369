import {
  type Stats,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { lstat, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { ProcessContext } from '../../contracts/service-kind.ts';
import { error } from '../errors.ts';
import { type MirrorOwners, changesUser, mirrorFile } from './mirrored-file.ts';
import { READ, SEARCH, allows, closedDirectory, directoriesAbove, isWithin } from './rights.ts';

/** What a service may have mirrored; more than that is no program with its libraries. */
export interface MirrorLimits {
  readonly files: number;
  readonly bytes: number;
}

const DEFAULT_LIMITS: MirrorLimits = { files: 20_000, bytes: 1024 * 1024 * 1024 };

/** Whose mirror, and where. */
export interface MirrorOptions extends MirrorOwners {
  readonly service: string;
  /** True where the service runs as another account than this process. */
  readonly privileged: boolean;
  /** The mirror's own directory; the ones above it have to be open to the account. */
  readonly directory: string;
  /** False where nothing may be changed, and what an earlier start has mirrored is used. */
  readonly writable: boolean;
  readonly say: (line: string) => void;
  readonly limits?: MirrorLimits;
}

/**
 * A place where a service's account reads programs and libraries that lie in directories closed to it. Every file has the
 * path that it has on this machine, below the mirror's directory, so that what finds its neighbours by relative paths
 * still does. Nothing of the originals changes, and no other account may enter.
 */
export interface Mirror {
  /**
   * Where the account runs a program that it cannot run where it is; undefined where it cannot at all: nothing may be changed
   * and an earlier start has not mirrored it, or the program makes another user of whoever runs it.
   */
  readonly program: (path: string) => string | undefined;
  readonly reachable: ProcessContext['reachable'];
  /** Removes what was not asked for since the mirror was opened. */
  readonly sweep: () => Promise<void>;
}

/** One thing below the paths that were asked for. */
interface Item {
  readonly path: string;
  readonly info: Stats;
}

/** The path with no symbolic link in it but perhaps its last part. */
const canonical = (path: string): string => join(realpathSync(dirname(path)), basename(path));

const HIDDEN_OR_KEY = /^\.|\.(?:key|pem|p12|pfx|jks|age)$|^id_(?:rsa|dsa|ecdsa|ed25519)$/i;

/**
 * True for what is no part of a program although it lies beside it: hidden files (`.env`, `.git`), keys, and files that
 * were closed on purpose, because the directory around them is open to everybody.
 */
const isPrivate = (name: string, info: Stats, parent: Stats): boolean =>
  HIDDEN_OR_KEY.test(name) || (info.isFile() && (info.mode & 0o004) === 0 && (parent.mode & 0o005) === 0o005);

/** Everything below the paths, themselves included, as far as the limits allow; symbolic links are not followed. */
const survey = async (
  paths: readonly string[],
  limits: MirrorLimits,
): Promise<{ readonly items: readonly Item[]; readonly whole: boolean }> => {
  const items = new Map<string, Item>();
  let bytes = 0;
  const isFull = (): boolean => items.size > limits.files || bytes > limits.bytes;
  const visit = async (path: string, parent: Stats): Promise<void> => {
    if (isFull() || items.has(path)) return;
    const info = await lstat(path);
    if (isPrivate(basename(path), info, parent) || (info.isFile() && changesUser(info))) return;
    if (!info.isFile() && !info.isDirectory() && !info.isSymbolicLink()) return;
    items.set(path, { path, info });
    if (info.isFile()) bytes += info.size;
    if (info.isDirectory()) for (const name of await readdir(path)) await visit(join(path, name), info);
  };
  for (const path of paths) await visit(path, await lstat(dirname(path)));
  return { items: [...items.values()], whole: !isFull() };
};

const itself = (path: string): string => path;

/** Opens a service's mirror; it is made when the first thing has to go there. */
export const openMirror = (options: MirrorOptions): Mirror => {
  const { service, privileged, directory, writable, account, operator, say, limits = DEFAULT_LIMITS } = options;
  const wanted = new Set<string>();
  const placeOf = (path: string): string => join(directory, path);

  /** Makes a directory of the mirror, and those above it in the mirror. */
  const makeDirectory = (path: string): void => {
    if (wanted.has(path)) return;
    if (path !== directory) makeDirectory(dirname(path));
    wanted.add(path);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() !== true) {
      if (there !== undefined) rmSync(path);
      mkdirSync(path, { mode: 0o700 });
    }
    chownSync(path, operator.uid, account.gid);
    chmodSync(path, 0o750);
  };

  const place = (source: string, info: Stats, path: string): void => {
    makeDirectory(dirname(placeOf(path)));
    wanted.add(placeOf(path));
    mirrorFile(source, info, placeOf(path), options);
  };

  const placeLink = async (path: string, target: string): Promise<void> => {
    const link = placeOf(path);
    makeDirectory(dirname(link));
    wanted.add(link);
    const text = relative(dirname(link), placeOf(target));
    if ((await readlink(link).catch(() => undefined)) === text) return;
    await rm(link, { recursive: true, force: true });
    await symlink(text, link);
  };

  const isOpen = ({ info }: Item): boolean =>
    info.isSymbolicLink() || allows(info, account, info.isDirectory() ? READ | SEARCH : READ);

  return {
    program: (path) => {
      const real = realpathSync(path);
      const info = statSync(real);
      const here = canonical(path);
      if (!privileged || changesUser(info)) return undefined;
      if (!writable) return existsSync(placeOf(here)) ? placeOf(here) : undefined;
      if (info.size > limits.bytes) throw error('runtime/mirror-too-large', { service, path, ...limits });
      place(real, info, here);
      return placeOf(here);
    },

    reachable: async (paths) => {
      if (!privileged) return itself;
      const asked = paths.map(canonical);
      const mirrored = (path: string): string => {
        const here = canonical(path);
        return asked.some((top) => isWithin(here, top)) ? placeOf(here) : path;
      };
      const { items, whole } = await survey(asked, limits);
      const closed =
        asked.map((path) => closedDirectory(path, account)).find((found) => found !== undefined) ??
        items.find((item) => !isOpen(item))?.path;
      if (closed === undefined) return itself;
      if (!writable) return mirrored;
      if (!whole) throw error('runtime/mirror-too-large', { service, path: closed, ...limits });
      const present = new Set(items.flatMap(({ path }) => [path, ...directoriesAbove(path)]));
      for (const { path, info } of items)
        if (info.isFile()) place(path, info, path);
        else if (info.isDirectory()) makeDirectory(placeOf(path));
        else {
          const target = await realpath(path).catch(() => undefined);
          // A link that leads out of what was asked for leads nowhere in the mirror.
          if (target !== undefined && present.has(target)) await placeLink(path, target);
        }
      say(`${service}: reads ${items.length} files through ${directory}, because ${closed} is closed to its account`);
      return mirrored;
    },

    sweep: async () => {
      const visit = async (current: string): Promise<void> => {
        for (const entry of await readdir(current, { withFileTypes: true })) {
          const path = join(current, entry.name);
          if (!wanted.has(path)) await rm(path, { recursive: true, force: true });
          else if (entry.isDirectory()) await visit(path);
        }
      };
      if (writable && existsSync(directory)) await visit(directory);
    },
  };
};
