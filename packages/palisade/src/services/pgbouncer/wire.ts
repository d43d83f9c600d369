import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { error } from './errors.ts';
import type { LoginReply } from './evidence.ts';

/** Milliseconds that one exchange may take. */
const bound = 5000;

/** Bytes that an answer has at most. */
const longestAnswer = 30_000;

/** An SSLRequest: length 8, then the magic number. Source: PostgreSQL documentation, 55.7. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const startupMessage = (user: string, database: string): Buffer => {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0application_name\0palisade\0\0`, 'utf8');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return Buffer.concat([head, body]);
};

/** What the first message of an answer says. Source: PostgreSQL documentation, 55.7. */
export const readReply = (user: string, type: string, body: Buffer): LoginReply => {
  if (type === 'E') {
    const detail = /(?:^|\0)M([^\0]*)/.exec(body.toString('utf8'))?.[1] ?? 'no message';
    return { user, reply: 'refused', detail };
  }
  if (type !== 'R' || body.length < 4)
    throw error('pgbouncer/protocol', {
      reason: `message ${JSON.stringify(type)} where an authentication request belongs`,
    });
  const replies: Readonly<Record<number, LoginReply['reply']>> = { 0: 'trust', 3: 'password', 5: 'md5', 10: 'scram' };
  return { user, reply: replies[body.readInt32BE(0)] ?? 'other' };
};

const read = (socket: Socket, enough: (received: Buffer) => boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      act();
    };
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (received.length > 2 * longestAnswer)
        settle(() => reject(error('pgbouncer/protocol', { reason: 'the answer has no end' })));
      else if (enough(received)) settle(() => resolve(received));
    };
    const onError = (failure: Error): void => settle(() => reject(failure));
    const onClose = (): void => settle(() => reject(new Error('the pooler hung up')));
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });

const withSocket = <T>(endpoint: Endpoint, signal: AbortSignal, use: (socket: Socket) => Promise<T>): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = connectTcp({ host: endpoint.host, port: endpoint.port });
    socket.on('error', () => undefined);
    const destroy = (): void => void socket.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve).once('error', reject);
      });
      return await use(socket);
    } finally {
      limit.removeEventListener('abort', destroy);
      socket.destroy();
    }
  });

const isWhole = (received: Buffer): boolean => {
  if (received.length < 5) return false;
  const length = received.readInt32BE(1);
  return !/^[RE]/.test(received.toString('latin1', 0, 1)) || length > longestAnswer || received.length > length;
};

const ask = async (channel: Socket, user: string, database: string): Promise<LoginReply> => {
  const answer = read(channel, isWhole);
  channel.write(startupMessage(user, database));
  const received = await answer;
  const length = received.readInt32BE(1);
  if (length > longestAnswer) throw error('pgbouncer/protocol', { reason: 'the answer has no end' });
  return readReply(user, received.toString('latin1', 0, 1), received.subarray(5, 1 + length));
};

/** Who wants in where. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly database: string;
}

/** Asks without TLS. */
export const askPlaintext = ({ endpoint, user, database }: Attempt, signal: AbortSignal): Promise<LoginReply> =>
  withSocket(endpoint, signal, (socket) => ask(socket, user, database));

const startTls = async (socket: Socket, options: ConnectionOptions): Promise<TLSSocket | undefined> => {
  const answer = read(socket, (received) => received.length >= 1);
  socket.write(sslRequest);
  const said = (await answer).toString('latin1');
  if (said === 'N') return undefined;
  if (said !== 'S') throw error('pgbouncer/protocol', { reason: 'the answer to SSLRequest is neither S nor N' });
  return await new Promise<TLSSocket>((resolve, reject) => {
    const channel = connectTls({ ...options, socket }, () => resolve(channel));
    channel.once('error', reject);
    socket.once('close', () => reject(new Error('the pooler hung up')));
  });
};

const isTlsRefusal = (thrown: unknown): boolean =>
  thrown instanceof Error && /alert|ECONNRESET|EPIPE|hung up|SSL routines/i.test(thrown.message);

/**
 * Asks over TLS; undefined where TLS is not offered. A handshake that the pooler breaks off for want of a client
 * certificate is `certificate-demanded`: with TLS 1.3 it shows in the first read.
 */
export const askEncrypted = (
  { endpoint, user, database }: Attempt,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<LoginReply | undefined> =>
  withSocket(endpoint, signal, async (socket) => {
    let channel: TLSSocket | undefined;
    try {
      channel = await startTls(socket, options);
      if (channel === undefined) return undefined;
      channel.on('error', () => undefined);
      return await ask(channel, user, database);
    } catch (thrown) {
      if (!isTlsRefusal(thrown)) throw thrown;
      return { user, reply: 'certificate-demanded', detail: 'the handshake was broken off' };
    } finally {
      channel?.destroy();
    }
  });

/** What a handshake showed. */
export interface Handshake {
  readonly version: string;
  readonly certificate: PeerCertificate;
  readonly authorized: boolean;
}

/** One handshake; undefined where TLS is not offered. Needs a client certificate where the pooler demands one. */
export const handshake = (
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Handshake | undefined> =>
  withSocket(endpoint, signal, async (socket) => {
    const channel = await startTls(socket, options);
    if (channel === undefined) return undefined;
    channel.on('error', () => undefined);
    const seen = {
      version: channel.getProtocol() ?? 'unknown',
      certificate: channel.getPeerCertificate(),
      authorized: channel.authorized,
    };
    channel.destroy();
    return seen;
  });
