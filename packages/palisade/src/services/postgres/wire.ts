import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from './errors.ts';
import type { AuthenticationReply } from './evidence.ts';

/** Milliseconds that one exchange with a server may take. */
const bound = 5000;

/** An SSLRequest: length 8, then the magic number. Source: PostgreSQL documentation, 55.7. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** A StartupMessage of protocol 3.0. */
export const startupMessage = (user: string, database: string): Buffer => {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0application_name\0palisade\0\0`, 'utf8');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return Buffer.concat([head, body]);
};

/** Fields of an ErrorResponse: one letter, then a text, each. */
const errorFields = (body: Buffer): ReadonlyMap<string, string> =>
  new Map(
    body
      .toString('utf8')
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );

/** Reads the first answer to a StartupMessage: what the server wants before it lets somebody in. */
export const readReply = (user: string, type: string, body: Buffer): AuthenticationReply => {
  if (type === 'E') {
    const fields = errorFields(body);
    const detail = fields.get('M') ?? 'no message';
    return { user, detail, reply: /client certificate/.test(detail) ? 'certificate-demanded' : 'refused' };
  }
  if (type !== 'R' || body.length < 4)
    throw error('postgres/protocol', {
      reason: `message ${JSON.stringify(type)} where an authentication request belongs`,
    });
  const code = body.readInt32BE(0);
  const replies: Readonly<Record<number, AuthenticationReply['reply']>> = {
    0: 'trust',
    3: 'password',
    5: 'md5',
    10: 'scram',
  };
  return { user, reply: replies[code] ?? 'other' };
};

/** Resolves with the first bytes that satisfy `enough`; rejects where the peer hangs up before. */
const read = (socket: Socket, enough: (received: Buffer) => boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      act();
    };
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (received.length > 65_536)
        settle(() => reject(error('postgres/protocol', { reason: 'the answer has no end' })));
      else if (enough(received)) settle(() => resolve(received));
    };
    const onError = (failure: Error): void => settle(() => reject(failure));
    const onClose = (): void => settle(() => reject(new Error('the server hung up')));
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });

/** Opens a socket, hands it over, and closes it whatever happens. */
const withSocket = <T>(endpoint: Endpoint, signal: AbortSignal, use: (socket: Socket) => Promise<T>): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = connectTcp({ host: endpoint.host, port: endpoint.port });
    // A late error after the answer (a reset) is of no interest.
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

/** Bytes that an answer to a StartupMessage has at most; an error message is a few hundred. */
const longestAnswer = 30_000;

/** True where a message is whole, or cannot be an answer. */
const isEnough = (received: Buffer): boolean => {
  if (received.length < 5) return false;
  const length = received.readInt32BE(1);
  return !/^[RE]/.test(received.toString('latin1', 0, 1)) || length > longestAnswer || received.length > length;
};

/** Sends a StartupMessage over an open channel and reads the first answer. */
const ask = async (channel: Socket, user: string, database: string): Promise<AuthenticationReply> => {
  const answer = read(channel, isEnough);
  channel.write(startupMessage(user, database));
  const received = await answer;
  const length = received.readInt32BE(1);
  if (length > longestAnswer) throw error('postgres/protocol', { reason: 'the answer has no end' });
  return readReply(user, received.toString('latin1', 0, 1), received.subarray(5, 1 + length));
};

/** Who wants in, and how the TLS side is set up. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly database: string;
}

/** Asks without TLS, as an eavesdropper's victim would. */
export const askPlaintext = (
  { endpoint, user, database }: Attempt,
  signal: AbortSignal,
): Promise<AuthenticationReply> => withSocket(endpoint, signal, (socket) => ask(socket, user, database));

/** Negotiates TLS; undefined where the server declines it. */
const startTls = async (socket: Socket, options: ConnectionOptions): Promise<TLSSocket | undefined> => {
  const answer = read(socket, (received) => received.length >= 1);
  socket.write(sslRequest);
  const said = (await answer).toString('latin1');
  if (said === 'N') return undefined;
  // More than one byte before the handshake would be text smuggled in front of it (CVE-2021-23222).
  if (said !== 'S') throw error('postgres/protocol', { reason: 'the answer to SSLRequest is neither S nor N' });
  return await new Promise<TLSSocket>((resolve, reject) => {
    const channel = connectTls({ ...options, socket }, () => resolve(channel));
    channel.once('error', reject);
  });
};

/** Asks over TLS. `options` may hold a client certificate and authorities; undefined where TLS is not offered. */
export const askEncrypted = (
  { endpoint, user, database }: Attempt,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<AuthenticationReply | undefined> =>
  withSocket(endpoint, signal, async (socket) => {
    const channel = await startTls(socket, options);
    if (channel === undefined) return undefined;
    channel.on('error', () => undefined);
    try {
      return await ask(channel, user, database);
    } finally {
      channel.destroy();
    }
  });

/** One handshake: protocol version and certificate that the server chose; undefined where TLS is not offered. */
export const handshake = (
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<
  { readonly version: string; readonly certificate: PeerCertificate; readonly authorized: boolean } | undefined
> =>
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

/**
 * Resolves where a server is there and takes connections. A refusal by rule or password counts: it comes from a server
 * that works. `57P03` (starting up, shutting down) does not.
 */
export const awaitServer = async (endpoint: Endpoint, signal: AbortSignal): Promise<void> => {
  const reply = await askPlaintext({ endpoint, user: 'postgres', database: 'postgres' }, signal).catch(
    (thrown: unknown) => {
      throw error(
        'postgres/not-reachable',
        { service: `${endpoint.host}:${endpoint.port}`, reason: messageOf(thrown) },
        thrown,
      );
    },
  );
  if (reply.reply === 'refused' && reply.detail?.startsWith('the database system is ') === true)
    throw error('postgres/not-reachable', { service: `${endpoint.host}:${endpoint.port}`, reason: reply.detail ?? '' });
};
