import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { error } from './errors.ts';

/** Milliseconds that one exchange with a server may take. */
const bound = 5000;

/** Bytes of a first packet at most; a greeting has about a hundred. */
const longest = 4096;

/** What a server says first. Source: MySQL source documentation, "Protocol::HandshakeV10" and "ERR_Packet". */
export type Greeting =
  | { readonly type: 'greeting'; readonly version: string; readonly offersTls: boolean }
  | { readonly type: 'refusal'; readonly code: number; readonly message: string };

/** The capability flag that says that the server can switch to TLS. */
const tlsFlag = 0x0800;

/** Capabilities of a client of protocol 4.1 that asks for TLS: long password, protocol 4.1, TLS, secure connection, plug-ins. */
const capabilities = 0x0001 | 0x0200 | tlsFlag | 0x8000 | 0x0008_0000;

/** Reads the first packet; undefined where more bytes are needed. Throws `mysql/protocol`. */
export const readGreeting = (bytes: Buffer): Greeting | undefined => {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUIntLE(0, 3);
  if (length < 3 || length > longest || bytes[3] !== 0)
    throw error('mysql/protocol', { reason: 'the first packet is none of a server' });
  if (bytes.length < 4 + length) return undefined;
  const packet = bytes.subarray(4, 4 + length);
  if (packet[0] === 0xff)
    return {
      type: 'refusal',
      code: packet.readUInt16LE(1),
      message: packet.toString('utf8', 3).replace(/^#.{5}/, ''),
    };
  const end = packet.indexOf(0, 1);
  // Behind the version: connection id, 8 bytes of a challenge, a zero, the lower half of the capabilities.
  const flags = end + 1 + 4 + 8 + 1;
  if (packet[0] !== 10 || end < 0 || packet.length < flags + 2)
    throw error('mysql/protocol', { reason: 'the greeting is not of protocol version 10' });
  return {
    type: 'greeting',
    version: packet.toString('latin1', 1, end),
    offersTls: (packet.readUInt16LE(flags) & tlsFlag) !== 0,
  };
};

/** The packet with which a client asks for TLS: its capabilities and nothing about who it is. */
export const tlsRequest = (): Buffer => {
  const packet = Buffer.alloc(4 + 32);
  packet.writeUIntLE(32, 0, 3);
  packet.writeUInt8(1, 3);
  packet.writeUInt32LE(capabilities, 4);
  packet.writeUInt32LE(0x0100_0000, 8);
  packet.writeUInt8(45, 12);
  return packet;
};

/** Opens a socket, hands it over with the greeting, and closes it whatever happens. */
const converse = <T>(
  endpoint: Endpoint,
  signal: AbortSignal,
  use: (socket: Socket, greeting: Greeting) => Promise<T>,
): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = connectTcp({ host: endpoint.host, port: endpoint.port });
    // A late error after the answer (a reset) is of no interest.
    socket.on('error', () => undefined);
    const destroy = (): void => void socket.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    try {
      const greeting = await new Promise<Greeting>((resolve, reject) => {
        let received = Buffer.alloc(0);
        socket.on('data', (chunk: Buffer) => {
          received = Buffer.concat([received, chunk]);
          try {
            const read = readGreeting(received);
            if (read !== undefined) resolve(read);
          } catch (thrown) {
            reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
          }
        });
        socket.once('error', reject).once('close', () => reject(new Error('the server hung up')));
      });
      socket.removeAllListeners('data');
      return await use(socket, greeting);
    } finally {
      limit.removeEventListener('abort', destroy);
      destroy();
    }
  });

/** What the server says first. Throws where nothing answers, or something else does. */
export const greet = (endpoint: Endpoint, signal: AbortSignal): Promise<Greeting> =>
  converse(endpoint, signal, (_socket, greeting) => Promise.resolve(greeting));

/** True where a server switches to TLS with these options; false where it offers none or refuses the handshake. */
export const shakesHands = (endpoint: Endpoint, options: ConnectionOptions, signal: AbortSignal): Promise<boolean> =>
  converse(endpoint, signal, async (socket, greeting) => {
    if (greeting.type === 'refusal')
      throw error('mysql/not-reachable', { service: `${endpoint.host}:${endpoint.port}`, reason: greeting.message });
    if (!greeting.offersTls) return false;
    socket.write(tlsRequest());
    return await new Promise<boolean>((resolve) => {
      const channel = connectTls({ ...options, socket }, () => {
        channel.destroy();
        resolve(true);
      });
      channel.once('error', () => resolve(false)).once('close', () => resolve(false));
    });
  });

/** Refusals of a server that works: too many connections, an address that is blocked, or that no account may come from. */
const fromWorkingServer = new Set([1040, 1129, 1130]);

/** Resolves where a server is there and takes connections. Throws `mysql/not-reachable` where it is not yet. */
export const awaitServer = async (endpoint: Endpoint, signal: AbortSignal): Promise<void> => {
  const greeting = await greet(endpoint, signal);
  if (greeting.type === 'refusal' && !fromWorkingServer.has(greeting.code))
    throw error('mysql/not-reachable', { service: `${endpoint.host}:${endpoint.port}`, reason: greeting.message });
};
