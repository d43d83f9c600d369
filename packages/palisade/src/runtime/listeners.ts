import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Answer, ListenerEvidence } from '../contracts/evidence.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { isFileSystemError } from '../support/files.ts';
import { messageOf } from '../support/errors.ts';
import { processTree } from './process/processes.ts';

/** One listening socket as the kernel lists it. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** The state LISTEN in `/proc/net/tcp` (include/net/tcp_states.h). */
const LISTEN = '0A';

/** The kernel prints each 32-bit word of an address in the byte order of the machine: little-endian where Node runs. */
const bytesOf = (hex: string): readonly number[] =>
  (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].toReversed());

const addressOf = (hex: string): string => {
  const bytes = bytesOf(hex);
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return `::ffff:${bytes.slice(12).join('.')}`;
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  ).join(':');
};

/** Parses `/proc/net/tcp` or `tcp6` (proc_net_tcp): the sockets that listen. */
export const parseListeners = (text: string): readonly ListeningSocket[] =>
  text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local.split(':');
    return state === LISTEN && address !== undefined && port !== undefined && inode !== undefined
      ? [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }]
      : [];
  });

const tableOf = (pid: number): readonly ListeningSocket[] => [
  ...parseListeners(readFileSync(`/proc/${pid}/net/tcp`, 'utf8')),
  // A kernel without IPv6 has no such table.
  ...parseListeners(readIfPresent(`/proc/${pid}/net/tcp6`)),
];

const readIfPresent = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return '';
    throw thrown;
  }
};

const isGone = (thrown: unknown): boolean => isFileSystemError(thrown, 'ENOENT') || isFileSystemError(thrown, 'ESRCH');

/** Inodes of the sockets that a process holds; none where it has ended. Throws where they may not be looked at. */
const socketsOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
      } catch (thrown) {
        if (isGone(thrown)) return [];
        throw thrown;
      }
    });
  } catch (thrown) {
    if (isGone(thrown)) return [];
    throw thrown;
  }
};

/** The listening sockets of a process and of everything that it started, beside all others that its network has. */
export const listenersOf = (
  processId: number,
): { readonly own: readonly ListeningSocket[]; readonly others: readonly ListeningSocket[] } => {
  const inodes = new Set(processTree(processId).flatMap(({ pid }) => socketsOf(pid)));
  const all = tableOf(processId);
  return { own: all.filter(({ inode }) => inodes.has(inode)), others: all.filter(({ inode }) => !inodes.has(inode)) };
};

/**
 * The TCP listeners of a service, found in the kernel's tables and not by asking it, so that undeclared ones show.
 * Unknown where its processes may not be looked at: that needs root or the service's own account.
 */
export const collectListeners = (processId: number, declared: ReadonlySet<number>): Answer<ListenerEvidence> => {
  try {
    const seen = new Map(listenersOf(processId).own.map((socket) => [`${socket.address} ${socket.port}`, socket]));
    const listeners = [...seen.values()].map(({ address, port }) => ({ address, port, declared: declared.has(port) }));
    return { known: true, value: { listeners } };
  } catch (thrown) {
    return { known: false, why: `the sockets of process ${processId} cannot be seen: ${messageOf(thrown)}` };
  }
};

/** Listener evidence of every service of a process runtime; unknown, with the reason, for what is not running. */
export const listenerEvidence = async (
  runtime: Pick<Runtime, 'status'>,
): Promise<ReadonlyMap<string, Answer<ListenerEvidence>>> =>
  new Map(
    (await runtime.status()).map(({ service, state, detail, processId, endpoints }) => [
      service,
      processId === undefined
        ? { known: false, why: `${service} is ${state}${detail === undefined ? '' : `: ${detail}`}` }
        : collectListeners(processId, new Set(endpoints.map(({ port }) => port))),
    ]),
  );
