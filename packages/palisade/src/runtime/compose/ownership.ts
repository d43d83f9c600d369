import { type Stats, constants, existsSync } from 'node:fs';
import { access, chmod, lchown, lstat, readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { PalisadeError } from '../../support/errors.ts';
import { isFileSystemError } from '../../support/files.ts';
import { type Engine, succeed } from './engine.ts';
import { error } from './errors.ts';

/** An account inside of containers, which is the same number on the host. */
export interface ContainerAccount {
  readonly uid: number;
  readonly gid: number;
}

/** `70:70` and `70` as numbers; undefined for names, which only the image can tell. A user alone has group 0. */
export const accountFromText = (user: string): ContainerAccount | undefined => {
  const [, uid, gid = '0'] = /^(\d+)(?::(\d+))?$/.exec(user.trim()) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
};

/** Who a service runs as: what the project says, else what its kind knows of the image; undefined where nobody knows. */
export const accountOf = (stack: Stack, service: Service): ContainerAccount | undefined => {
  if (service.user !== undefined && service.user.value.trim() !== '') return accountFromText(service.user.value);
  const traits = stack.traits?.get(service.kind);
  return traits?.accountOf === undefined ? traits?.account : traits.accountOf(service);
};

const within = (directory: string, path: string): boolean => {
  const way = relative(directory, path);
  return way === '' || (!way.startsWith('..') && !way.startsWith(sep));
};

const homesOf = (stack: Stack, service: Service): readonly string[] =>
  ['certs', 'secrets'].map((area) => join(stack.directory, area, service.name));

/**
 * Directories and files of a service's own, as Palisade lays them out: its certificates and keys, its role-id and
 * secret-id. What several services share, and what the user keeps elsewhere, is nobody's to give away.
 */
export const ownPathsOf = (stack: Stack, service: Service): readonly string[] => {
  const homes = homesOf(stack, service);
  const mounted = service.mounts.flatMap(({ type, source }) =>
    type === 'bind' && source !== undefined ? [source] : [],
  );
  const granted = service.secrets.flatMap(({ source }) => stack.secrets.get(source)?.file ?? []);
  return [...new Set([...mounted, ...granted])].filter((path) => homes.some((home) => within(home, path)));
};

/** Everything at and below a path that does not belong to the account, depth first. Symbolic links are looked at themselves. */
const foreignPaths = async (path: string, account: ContainerAccount): Promise<readonly string[]> => {
  const info = await lstat(path);
  const below = info.isDirectory()
    ? (await Promise.all((await readdir(path)).map((name) => foreignPaths(join(path, name), account)))).flat()
    : [];
  return info.uid === account.uid && info.gid === account.gid ? below : [...below, path];
};

/** Who runs Palisade. */
export interface Operator {
  readonly uid: number;
  readonly gid: number;
}

const thisOperator = (): Operator => ({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });

/** What is to be done as root in a container, with the given path mounted at `/own`; with the files below it as `$@`. */
const inContainer = (
  engine: Engine,
  what: string,
  { path, script, rights, image }: { path: string; script: readonly string[]; rights: string; image: string },
  signal: AbortSignal,
): Promise<string> =>
  succeed(
    what,
    engine.docker(
      [
        ...'run --rm --pull never --network none --log-driver none --user 0:0 --read-only --cap-drop ALL'.split(' '),
        ...rights.split(' ').flatMap((right) => ['--cap-add', right]),
        ...'--security-opt no-new-privileges --entrypoint'.split(' '),
        script[0] ?? 'true',
        '--mount',
        `type=bind,source=${path},target=/own`,
        image,
        ...script.slice(1),
      ],
      { signal, timeout: 60_000 },
    ),
  );

/** The same in the first of the images that has the program. Throws what the last one failed with. */
const inAny = async (
  images: readonly string[],
  act: (image: string) => Promise<string>,
  missing: () => PalisadeError,
): Promise<string> => {
  let failure: unknown = missing();
  for (const image of images)
    try {
      return await act(image);
    } catch (thrown) {
      failure = thrown;
    }
  throw failure;
};

const isClosed = (thrown: unknown): boolean =>
  isFileSystemError(thrown, 'EACCES') || isFileSystemError(thrown, 'EPERM');

/**
 * The images in which something can be done to the files of a service: its own, also where Compose builds it, then those of
 * the others, for an image may have no programs but its server.
 */
const imagesFor = (stack: Stack, service: Service): readonly string[] => [
  ...new Set(
    [service, ...stack.services.values()].flatMap(({ name, image, build }) =>
      image !== undefined ? [image.value.text] : build === undefined ? [] : [`${stack.name}-${name}`],
    ),
  ),
];

const noImage = (stack: Stack, path: string) => (): PalisadeError =>
  error('compose/not-yours', { path: relative(stack.directory, path), why: 'no image of the project is there' });

/**
 * Gives files to an account as somebody who is not root, who may use the engine: a container changes the owner of the files.
 * The directories stay the operator's, so that he can still look and replace; they let the account pass.
 */
const giveThroughEngine = async (
  engine: Engine,
  stack: Stack,
  service: Service,
  path: string,
  { account, operator, signal }: { account: ContainerAccount; operator: Operator; signal: AbortSignal },
): Promise<void> => {
  const what = `giving ${relative(stack.directory, path)} to ${service.name}`;
  const act = (script: readonly string[], rights: string): Promise<string> =>
    inAny(
      imagesFor(stack, service),
      (image) => inContainer(engine, what, { path, script, rights, image }, signal),
      noImage(stack, path),
    );
  const owner = `${operator.uid}:${operator.gid}`;
  // What an earlier run by root has given away as a whole comes back first.
  const look = async (): Promise<readonly Entry[]> => entriesOf(path);
  const entries = await look().catch(async (thrown: unknown) => {
    if (!isClosed(thrown)) throw thrown;
    await act(['chown', '-Rh', owner, '/own'], 'CHOWN DAC_READ_SEARCH');
    return look();
  });
  for (const { path: each, directory, info } of entries)
    if (directory && info.uid === operator.uid && (info.mode & 0o005) !== 0o005) await chmod(each, 0o755);
  const files = entries.filter(
    ({ directory, info }) => !directory && (info.uid !== account.uid || info.gid !== account.gid),
  );
  if (files.length === 0) return;
  const names = files.map((file) => (file.path === path ? '/own' : `/own/${relative(path, file.path)}`));
  await act(['chown', '-h', `${account.uid}:${account.gid}`, ...names], 'CHOWN DAC_READ_SEARCH');
};

interface Entry {
  readonly path: string;
  readonly directory: boolean;
  readonly info: Stats;
}

const entriesOf = async (path: string): Promise<readonly Entry[]> => {
  const info = await lstat(path);
  if (!info.isDirectory()) return [{ path, directory: false, info }];
  const below = await Promise.all((await readdir(path)).map((name) => entriesOf(join(path, name))));
  return [{ path, directory: true, info }, ...below.flat()];
};

/**
 * Gives a service's certificates and secret files to the account that it runs as. File secrets are bind mounts, of which
 * Compose ignores `uid`, `gid` and `mode`: owner and mode of the host's file are what the service meets. Root does it by
 * itself; for anybody else the engine does it, in a container without a network.
 *
 * @throws `compose/command-failed`, `compose/not-yours`
 */
export const giveOwnFiles = async (
  engine: Engine,
  stack: Stack,
  service: Service,
  options: { readonly signal: AbortSignal; readonly privileged: boolean },
): Promise<void> => {
  const account = accountOf(stack, service);
  if (account === undefined) return;
  const operator = thisOperator();
  for (const path of ownPathsOf(stack, service)) {
    if (options.privileged) {
      if (!existsSync(path)) continue;
      for (const each of await foreignPaths(path, account)) await lchown(each, account.uid, account.gid);
      continue;
    }
    const home = homesOf(stack, service).find((directory) => within(directory, path)) ?? path;
    if (!existsSync(home)) continue;
    // The whole home where root has closed it: nobody else sees what is in there.
    const closed = await access(home, constants.R_OK | constants.X_OK).then(
      () => false,
      () => true,
    );
    if (!closed && !existsSync(path)) continue;
    await giveThroughEngine(engine, stack, service, closed ? home : path, {
      account,
      operator,
      signal: options.signal,
    });
    if (!closed && home !== path) await openWay(home, path, operator);
  }
};

/** Lets accounts pass the directories from a service's home to what is mounted. */
const openWay = async (home: string, path: string, operator: Operator): Promise<void> => {
  for (let each = dirname(path); within(home, each); each = dirname(each)) {
    const info = await lstat(each);
    if (info.uid === operator.uid && (info.mode & 0o001) === 0) await chmod(each, 0o711);
  }
};

/**
 * Takes back what was given to a service's account, through the engine, as somebody who is not root.
 *
 * @throws `compose/command-failed`, `compose/not-yours`
 */
export const reclaimOwnFiles = async (
  engine: Engine,
  stack: Stack,
  service: Service,
  signal: AbortSignal,
): Promise<void> => {
  const operator = thisOperator();
  for (const home of homesOf(stack, service)) {
    if (!existsSync(home)) continue;
    const own = await entriesOf(home).then(
      (entries) => entries.every(({ info }) => info.uid === operator.uid),
      () => false,
    );
    if (own) continue;
    await inAny(
      imagesFor(stack, service),
      (image) =>
        inContainer(
          engine,
          `taking ${relative(stack.directory, home)} back`,
          {
            path: home,
            script: ['chown', '-Rh', `${operator.uid}:${operator.gid}`, '/own'],
            rights: 'CHOWN DAC_READ_SEARCH',
            image,
          },
          signal,
        ),
      noImage(stack, home),
    );
  }
};

/**
 * Reads a file that was given to a service's account: through the engine, where this process may not.
 *
 * @throws `compose/command-failed`, `compose/not-yours`
 */
export const readOwnFile = async (engine: Engine, stack: Stack, path: string, signal: AbortSignal): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (!isClosed(thrown)) throw thrown;
  }
  const service = [...stack.services.values()].find((each) => homesOf(stack, each).some((home) => within(home, path)));
  if (service === undefined)
    throw error('compose/not-yours', { path: relative(stack.directory, path), why: 'it belongs to no service' });
  return inAny(
    imagesFor(stack, service),
    (image) =>
      inContainer(
        engine,
        `reading ${relative(stack.directory, path)}`,
        { path, script: ['cat', '/own'], rights: 'DAC_READ_SEARCH', image },
        signal,
      ),
    noImage(stack, path),
  );
};
