import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';

/**
 * One process, told apart from any later one with the same number: the kernel counts the start in clock ticks since
 * boot (proc(5), `stat` field 22), and the boot has an id of its own. The command line is not part of it, because
 * servers rewrite theirs and scripts replace themselves by the server.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
}

interface Stat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: number;
}

/** Reads one line of `/proc/<pid>/stat`. The name in parentheses may hold anything, so what counts starts after the last one. */
export const parseStat = (text: string): Stat | undefined => {
  const pid = Number.parseInt(text, 10);
  const [state, parent, group, session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(rest[15]);
  if (state === undefined || !Number.isInteger(pid) || !Number.isInteger(startTicks)) return undefined;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session), startTicks };
};

const readStat = (pid: number): Stat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** True for a process that still executes: a zombie has ended and only waits for its parent. */
const executes = (stat: Stat): boolean => stat.state !== 'Z' && stat.state !== 'X';

let boot: string | undefined;
const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

/** The identity of a running process; undefined where there is none with this number. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const stat = readStat(pid);
  return stat !== undefined && executes(stat) ? { pid, startTicks: stat.startTicks, bootId: bootId() } : undefined;
};

/** True where the very process runs, not merely one with its number. */
export const isRunning = (identity: ProcessIdentity): boolean => {
  const now = identify(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
};

const everyProcess = (): readonly Stat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
    .filter(executes);

/** A process with everything that it started: descendants, and members of its process group or session. */
export const processTree = (root: number): readonly ProcessIdentity[] => {
  const all = everyProcess();
  const members = new Set([root]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const { pid, parent, group, session } of all)
      if (members.has(parent) || group === root || session === root) members.add(pid);
  }
  return all
    .filter(({ pid }) => members.has(pid))
    .map(({ pid, startTicks }) => ({ pid, startTicks, bootId: bootId() }));
};

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

/**
 * Processes whose standard output or error is the given file. It finds services whose supervisor was killed between
 * starting them and writing their number down.
 */
export const writersOf = (file: string): readonly ProcessIdentity[] =>
  everyProcess()
    .filter(
      ({ pid }) => pid !== process.pid && [1, 2].some((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`) === file),
    )
    .map(({ pid, startTicks }) => ({ pid, startTicks, bootId: bootId() }));

/** Processes of one account. */
export const processesOf = (uid: number): readonly ProcessIdentity[] =>
  everyProcess()
    .filter(({ pid }) => {
      try {
        return statSync(`/proc/${pid}`).uid === uid;
      } catch {
        return false;
      }
    })
    .map(({ pid, startTicks }) => ({ pid, startTicks, bootId: bootId() }));

/** Sends a signal to the very process; false where it has ended. */
export const signalProcess = (identity: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
};
