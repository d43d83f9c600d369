import { parseListeners } from '../listeners.ts';

/** Names of the capabilities by their bit. Source: include/uapi/linux/capability.h. */
const capabilityNames = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/** The capabilities of a mask as the kernel prints it, in hex. A bit without a known name is named by its number. */
export const capabilitiesOf = (mask: string): readonly string[] => {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: mask.length * 4 }, (_, bit) => bit).flatMap((bit) =>
    ((bits >> BigInt(bit)) & 1n) === 1n ? [capabilityNames[bit] ?? `CAPABILITY_${bit}`] : [],
  );
};

/** What the kernel says of a container's first process and its network. */
export interface KernelView {
  readonly uid: number;
  readonly noNewPrivileges: boolean;
  readonly seccomp: number;
  readonly effective: readonly string[];
  readonly bounding: readonly string[];
  readonly readOnlyRoot: boolean;
  /** TCP listeners of the network namespace, without the engine's own name server. */
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
}

/** The files of `/proc/<process>` that `parseKernelView` reads, one after the other in one text. */
export const kernelFiles = ['status', 'mounts', 'net/tcp', 'net/tcp6'] as const;

/** The engine answers names of a network inside of each container, on this address, whatever the container runs. */
const engineNameServer = '127.0.0.11';

const field = (text: string, name: string): string => {
  const found = new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`the status of the process has no ${name}`);
  return found.trim();
};

/**
 * Reads `status`, `mounts`, `net/tcp` and `net/tcp6` of a process (proc_pid_status(5), proc_pid_mounts(5), proc_net(5)),
 * concatenated in any order. Throws where the status or the root mount is not among them.
 */
export const parseKernelView = (text: string): KernelView => {
  // A later mount on the same directory covers the earlier one.
  const root = [...text.matchAll(/^\S+ \/ (\S+) (\S+) \d+ \d+$/gm)].at(-1)?.[2];
  if (root === undefined) throw new Error('the mounts of the process have no root');
  const effectiveUid = field(text, 'Uid').split(/\s+/)[1];
  const sockets = parseListeners(text).filter(({ address }) => address !== engineNameServer);
  return {
    uid: Number(effectiveUid),
    noNewPrivileges: field(text, 'NoNewPrivs') === '1',
    seccomp: Number(field(text, 'Seccomp')),
    effective: capabilitiesOf(field(text, 'CapEff')),
    bounding: capabilitiesOf(field(text, 'CapBnd')),
    readOnlyRoot: root.split(',').includes('ro'),
    listeners: [...new Map(sockets.map(({ address, port }) => [`${address} ${port}`, { address, port }])).values()],
  };
};
