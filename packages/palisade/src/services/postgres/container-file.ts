import { posix, relative, resolve, sep } from 'node:path';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';

/** What stands behind a path of the container. */
export type ContainerFile =
  | { readonly state: 'absent' }
  /** A file of the project; `path` as `Stack.files` keys it. */
  | { readonly state: 'text'; readonly path: string; readonly text: string }
  /** Something is mounted there, and its text is not to be had. */
  | { readonly state: 'unreadable'; readonly why: string; readonly at: Location };

const within = (directory: string, path: string): string | undefined => {
  const inner = posix.relative(directory, path);
  return inner.startsWith('..') || posix.isAbsolute(inner) ? undefined : inner;
};

/** `Stack.files` keys: relative with forward slashes inside of the project, absolute outside. */
const keyOf = (stack: Stack, path: string): string => {
  const inner = relative(stack.directory, path);
  return inner.startsWith('..') ? path : inner.split(sep).join('/');
};

/** Finds a file of the container among binds, configs and secrets; named volumes are data, so nothing is known of them. */
export const containerFile = (stack: Stack, service: Service, path: string): ContainerFile => {
  const found = (host: string, at: Location): ContainerFile => {
    const key = keyOf(stack, host);
    const file = stack.files.get(key);
    if (file?.text !== undefined) return { state: 'text', path: key, text: file.text };
    return { state: 'unreadable', at, why: `${key} is mounted at ${path}, and its text is not available` };
  };
  for (const grant of [...service.configs, ...service.secrets]) {
    const file =
      grant.target === path ? (stack.configs.get(grant.source) ?? stack.secrets.get(grant.source))?.file : undefined;
    if (file !== undefined) return found(file, grant.at);
  }
  const mounts = service.mounts
    .flatMap((mount) => {
      const inner = within(mount.target, path);
      return inner === undefined ? [] : [{ mount, inner }];
    })
    .toSorted((a, b) => b.mount.target.length - a.mount.target.length);
  const [closest] = mounts;
  if (closest?.mount.type !== 'bind' || closest.mount.source === undefined) return { state: 'absent' };
  const host = resolve(stack.directory, closest.mount.source, closest.inner);
  const answer = found(host, closest.mount.at);
  // A directory that lacks the file is an absence; of a directory that was not read nothing is known.
  const directoryWasRead =
    closest.inner !== '' &&
    [...stack.files.keys()].some((key) =>
      key.startsWith(`${keyOf(stack, resolve(stack.directory, closest.mount.source ?? ''))}/`),
    );
  return answer.state === 'unreadable' && directoryWasRead && !stack.files.has(keyOf(stack, host))
    ? { state: 'absent' }
    : answer;
};
