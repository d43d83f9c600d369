import type { Stack } from '../../contracts/stack.ts';
import { sha256 } from '../../support/files.ts';

/** The account that a service runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** True where the number belongs to this service alone, so that every process of it does too. */
  readonly exclusive: boolean;
}

/** An account that owns nothing: whatever it may enter, every service may. */
export const ANYBODY: Account = { uid: 1_899_999_999, gid: 1_899_999_999, exclusive: false };

/** One line of `/etc/passwd`. */
interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Parses `/etc/passwd` (passwd(5)); lines that are none are skipped. */
export const parseUsers = (text: string): readonly User[] =>
  text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name !== undefined && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')
      ? [{ name, uid: Number(uid), gid: Number(gid) }]
      : [];
  });

/**
 * Numbers that no distribution, container engine or `systemd` hands out (systemd's UIDS-GIDS list leaves
 * 1879048192–2147352575 unused); where a user namespace maps only 16 bits, numbers at the
 * far end of those that useradd gives out.
 */
const rangeFor = (uidMap: string): { readonly first: number; readonly size: number; readonly exclusive: boolean } => {
  const mapped = uidMap.split('\n').some((line) => {
    const [inside = 0, , length = 0] = line.trim().split(/\s+/).map(Number);
    return inside <= 1_900_000_000 && inside + length > 1_900_100_000;
  });
  return mapped
    ? { first: 1_900_000_000, size: 100_000, exclusive: true }
    : { first: 58_000, size: 1_500, exclusive: false };
};

/** What decides about accounts. */
export interface AccountSources {
  readonly stack: Stack;
  /** Who runs Palisade. */
  readonly operator: { readonly uid: number; readonly gid: number };
  /** Text of `/etc/passwd`. */
  readonly users: string;
  /** Text of `/proc/self/uid_map`. */
  readonly uidMap: string;
  /** Name of the system account that a service insists on, by service. */
  readonly named: ReadonlyMap<string, string>;
}

/**
 * The account of every service. Where root runs Palisade each service gets an unprivileged one: the system account that
 * its kind insists on where it exists, else a stable number of its own for which no user is created. Services that share
 * a volume share their group. Where anybody else runs it, everything runs as that user.
 */
export const accountsOf = ({ stack, operator, users, uidMap, named }: AccountSources): ReadonlyMap<string, Account> => {
  const names = [...stack.services.keys()].toSorted();
  if (operator.uid !== 0) return new Map(names.map((name) => [name, { ...operator, exclusive: false }]));
  const known = parseUsers(users);
  const range = rangeFor(uidMap);
  const taken = new Set(known.flatMap(({ uid, gid }) => [uid, gid]));
  const numbers = new Map<string, number>();
  for (const name of names) {
    let offset = Number.parseInt(sha256(`${stack.directory}\0${stack.name}\0${name}`).slice(0, 8), 16) % range.size;
    while (taken.has(range.first + offset)) offset = (offset + 1) % range.size;
    taken.add(range.first + offset);
    numbers.set(name, range.first + offset);
  }
  return new Map(
    names.map((name) => {
      const number = numbers.get(name) ?? range.first;
      const user = known.find((candidate) => candidate.name === named.get(name) && candidate.uid !== 0);
      const [first = name, second] = sharers(stack, name);
      const group = second === undefined ? undefined : numbers.get(first);
      return [
        name,
        {
          uid: user?.uid ?? number,
          gid: group ?? user?.gid ?? number,
          exclusive: user === undefined && range.exclusive,
        },
      ];
    }),
  );
};

/** Services connected with the given one by volumes, itself included, sorted. */
const sharers = (stack: Stack, service: string): readonly string[] => {
  const volumesOf = (name: string): readonly string[] =>
    stack.services
      .get(name)
      ?.mounts.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : [])) ?? [];
  const found = new Set([service]);
  for (const name of found) {
    const volumes = new Set(volumesOf(name));
    for (const other of stack.services.keys())
      if (volumesOf(other).some((volume) => volumes.has(volume))) found.add(other);
  }
  return [...found].toSorted();
};

/** Services that use a volume. */
export const usersOfVolume = (stack: Stack, volume: string): readonly string[] =>
  [...stack.services.values()]
    .filter(({ mounts }) => mounts.some(({ type, source }) => type === 'volume' && source === volume))
    .map(({ name }) => name);
