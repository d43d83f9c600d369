import { existsSync } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type Engine, succeed } from './engine.ts';

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

/**
 * Directories and files of a service's own, as Palisade lays them out: its certificates and keys, its role-id and
 * secret-id. What several services share, and what the user keeps elsewhere, is nobody's to give away.
 */
export const ownPathsOf = (stack: Stack, service: Service): readonly string[] => {
  const homes = [join(stack.directory, 'certs', service.name), join(stack.directory, 'secrets', service.name)];
  const mounted = service.mounts.flatMap(({ type, source }) =>
    type === 'bind' && source !== undefined ? [source] : [],
  );
  const granted = service.secrets.flatMap(({ source }) => stack.secrets.get(source)?.file ?? []);
  return [...new Set([...mounted, ...granted])].filter((path) => homes.some((home) => within(home, path)));
};

/** Every path that does not belong to the account, depth first. Symbolic links are looked at themselves. */
const foreignPaths = async (path: string, account: ContainerAccount): Promise<readonly string[]> => {
  const info = await lstat(path);
  const below = info.isDirectory()
    ? (await Promise.all((await readdir(path)).map((name) => foreignPaths(join(path, name), account)))).flat()
    : [];
  return info.uid === account.uid && info.gid === account.gid ? below : [...below, path];
};

/**
 * Gives a service's certificates and secret files to the account that it runs as. File secrets are bind mounts, of which
 * Compose ignores `uid`, `gid` and `mode`: owner and mode of the host's file are what the service meets. Root does it by
 * itself; anybody else has the engine do it, in a container of the service's own image without a network.
 *
 * @throws `compose/command-failed`
 */
export const giveOwnFiles = async (
  engine: Engine,
  stack: Stack,
  service: Service,
  options: { readonly signal: AbortSignal; readonly privileged: boolean },
): Promise<void> => {
  const account = accountOf(stack, service);
  if (account === undefined) return;
  for (const path of ownPathsOf(stack, service)) {
    if (!existsSync(path)) continue;
    const foreign = await foreignPaths(path, account);
    if (foreign.length === 0) continue;
    if (options.privileged) {
      for (const each of foreign) await lchown(each, account.uid, account.gid);
      continue;
    }
    const image = service.image?.value.text;
    if (image === undefined) continue;
    await succeed(
      `giving ${relative(stack.directory, path)} to ${service.name}`,
      engine.docker(
        [
          ...'run --rm --network none --user 0:0 --cap-drop ALL --cap-add CHOWN --cap-add DAC_READ_SEARCH'.split(' '),
          ...'--security-opt no-new-privileges --entrypoint chown --mount'.split(' '),
          `type=bind,source=${path},target=/own`,
          image,
          '-Rh',
          `${account.uid}:${account.gid}`,
          '/own',
        ],
        { signal: options.signal, timeout: 60_000 },
      ),
    );
  }
};
