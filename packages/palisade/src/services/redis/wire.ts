import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { error } from './errors.ts';

/** Milliseconds that one conversation with a server may take. */
const bound = 5000;

/** Bytes of one reply at most; lists of accounts and nodes are a few kilobytes. */
const longest = 1_048_576;

/** A reply of RESP2. Source: Redis serialization protocol specification. */
export type Reply =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'nil' }
  | { readonly type: 'array'; readonly items: readonly Reply[] };

/** A command as the server takes it: an array of bulk strings. */
export const encodeCommand = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** Reads one reply from `offset`; undefined where more bytes are needed. Throws `redis/protocol`. */
export const readReply = (bytes: Buffer, offset = 0): { readonly reply: Reply; readonly end: number } | undefined => {
  const stop = bytes.indexOf('\r\n', offset, 'latin1');
  if (bytes.length > offset && !/[+\-:$*]/.test(bytes.toString('latin1', offset, offset + 1)))
    throw error('redis/protocol', { reason: 'the answer begins with none of the types of RESP' });
  if (stop < 0) return undefined;
  const kind = bytes.toString('latin1', offset, offset + 1);
  const text = bytes.toString('utf8', offset + 1, stop);
  const next = stop + 2;
  if (kind === '+' || kind === ':') return { reply: { type: 'text', text }, end: next };
  if (kind === '-') return { reply: { type: 'error', text }, end: next };
  const length = Number(text);
  if (!Number.isInteger(length) || length > longest) throw error('redis/protocol', { reason: 'a length is no length' });
  if (length < 0) return { reply: { type: 'nil' }, end: next };
  if (kind === '$')
    return bytes.length < next + length + 2
      ? undefined
      : { reply: { type: 'text', text: bytes.toString('utf8', next, next + length) }, end: next + length + 2 };
  const items: Reply[] = [];
  let at = next;
  for (let index = 0; index < length; index++) {
    const item = readReply(bytes, at);
    if (item === undefined) return undefined;
    items.push(item.reply);
    at = item.end;
  }
  return { reply: { type: 'array', items }, end: at };
};

/** An open conversation: sends one command and resolves to its reply. */
export type Ask = (...words: readonly string[]) => Promise<Reply>;

const conversation = (socket: Socket): Ask => {
  let buffer = Buffer.alloc(0);
  return (...words) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.off('data', onData).off('error', onError).off('close', onClose);
        act();
      };
      const onData = (chunk: Buffer): void => {
        buffer = Buffer.concat([buffer, chunk]);
        if (buffer.length > 2 * longest)
          return settle(() => reject(error('redis/protocol', { reason: 'the answer has no end' })));
        try {
          const read = readReply(buffer);
          if (read === undefined) return undefined;
          buffer = buffer.subarray(read.end);
          return settle(() => resolve(read.reply));
        } catch (thrown) {
          return settle(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown))));
        }
      };
      const onError = (failure: Error): void => settle(() => reject(failure));
      const onClose = (): void => settle(() => reject(new Error('the server hung up')));
      socket.on('data', onData).on('error', onError).on('close', onClose);
      if (socket.destroyed) onClose();
      else socket.write(encodeCommand(words));
    });
};

/** How to reach a server: without TLS where `tls` is absent. */
export interface Channel {
  readonly endpoint: Endpoint;
  readonly tls?: ConnectionOptions;
}

const open = ({ endpoint: { host, port }, tls }: Channel): Promise<Socket | TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ ...tls, host, port });
    // A late error after the answer (a reset) is of no interest.
    socket.on('error', () => undefined);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket)).once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
  });

/** Opens a channel, hands it over, and closes it whatever happens. */
export const converse = <T>(
  channel: Channel,
  signal: AbortSignal,
  use: (ask: Ask, socket: Socket | TLSSocket) => Promise<T>,
): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = await open(channel);
    const destroy = (): void => void socket.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    if (limit.aborted) destroy();
    try {
      return await use(conversation(socket), socket);
    } finally {
      limit.removeEventListener('abort', destroy);
      destroy();
    }
  });

/** True where something takes TCP connections. */
export const listens = (endpoint: Endpoint, signal: AbortSignal): Promise<boolean> =>
  converse({ endpoint }, signal, () => Promise.resolve(true)).catch(() => {
    signal.throwIfAborted();
    return false;
  });
