import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Field 22 of /proc/pid/stat (proc(5)): the start of a process in clock ticks, which tells it from a later one with its number. */
export const startTimeOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may hold blanks and brackets; what follows the last bracket does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

/** `pid start-time` of a live process, as the marks hold it. */
export const markOf = (pid: number): string => `${pid} ${startTimeOf(pid) ?? 'gone'}`;

/** True where the process that a mark names still runs. */
export const isAlive = (mark: string): boolean => {
  const [pid, start] = mark.trim().split(' ');
  return start !== undefined && startTimeOf(Number(pid)) === start;
};

/** The processes of that name (comm, proc(5)). */
export const processesNamed = (name: string): readonly number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/comm`, 'utf8').trim() === name;
      } catch {
        return false;
      }
    })
    .map(Number);

/** True where a process is in the network namespace of this one (network_namespaces(7)), and so has the same firewall. */
export const sharesNetwork = (pid: number): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
};
