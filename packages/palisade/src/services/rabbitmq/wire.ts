import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { error } from './errors.ts';
import {
  type Method,
  encodeMethod,
  longText,
  protocolHeader,
  readFrame,
  readLongText,
  short,
  shortText,
} from './frames.ts';

/** Milliseconds that one conversation with a server may take. */
const bound = 5000;

/** Class and number of the methods of a connection. Source: AMQP 0-9-1 specification, class `connection`. */
const connection = 10;
const [start, startOk, tune, tuneOk, openVhost, openOk, close] = [10, 11, 30, 31, 40, 41, 50];

/** ACCESS_REFUSED, with which a server turns away a login; NOT_ALLOWED, a vhost. */
const refusals = [403, 530];

/** How to reach a server: without TLS where `tls` is absent. */
export interface Channel {
  readonly endpoint: Endpoint;
  readonly tls?: ConnectionOptions;
}

/** An open conversation, after the greeting. */
export interface Conversation {
  /** Ways to log in that the server offers. */
  readonly mechanisms: readonly string[];
  /** Logs in; the response is that of the mechanism. */
  readonly login: (mechanism: string, response: string) => Promise<'accepted' | 'refused'>;
  /** Opens a vhost, once logged in. */
  readonly open: (vhost: string) => Promise<'opened' | 'refused'>;
  /** Sends a method, and resolves to the next one that comes. */
  readonly call: (method: Method) => Promise<Method>;
}

/** The response of PLAIN. Source: RFC 4616. */
export const plain = (user: string, password: string): string => `\u0000${user}\u0000${password}`;

const methodsOf = (socket: Socket): (() => Promise<Method>) => {
  let buffer = Buffer.alloc(0);
  const take = (): Method | undefined => {
    for (;;) {
      const read = readFrame(buffer);
      if (read === undefined) return undefined;
      buffer = buffer.subarray(read.end);
      if (read.method !== undefined) return read.method;
    }
  };
  return () =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.off('data', onData).off('error', onError).off('close', onClose);
        act();
      };
      const look = (): void => {
        try {
          const method = take();
          if (method !== undefined) settle(() => resolve(method));
        } catch (thrown) {
          settle(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown))));
        }
      };
      const onData = (chunk: Buffer): void => {
        buffer = Buffer.concat([buffer, chunk]);
        look();
      };
      const onError = (failure: Error): void => settle(() => reject(failure));
      const onClose = (): void => settle(() => reject(new Error('the server hung up')));
      socket.on('data', onData).on('error', onError).on('close', onClose);
      look();
      if (socket.destroyed) onClose();
    });
};

/** Client properties: the server is asked to say why it refuses, instead of hanging up. */
const properties = ((): Buffer => {
  const capability = Buffer.concat([shortText('authentication_failure_close'), Buffer.from('t\u0001', 'latin1')]);
  return longText(Buffer.concat([shortText('capabilities'), Buffer.from('F'), longText(capability)]));
})();

/** A method of the connection itself. */
const ofConnection = (methodId: number, args: Buffer): Method => ({
  channel: 0,
  classId: connection,
  methodId,
  args,
});

/** True for the wanted answer, false for a refusal. Throws `rabbitmq/protocol` for any other. */
const judge = (answer: Method, wanted: number): boolean => {
  if (answer.classId === connection && answer.methodId === wanted) return true;
  if (answer.classId === connection && answer.methodId === close && refusals.includes(answer.args.readUInt16BE(0)))
    return false;
  throw error('rabbitmq/protocol', { reason: `it answers with method ${answer.classId}.${answer.methodId}` });
};

const greet = async (socket: Socket): Promise<Conversation> => {
  const next = methodsOf(socket);
  const send = (method: Method): void => void socket.write(encodeMethod(method));
  const call = (method: Method): Promise<Method> => {
    send(method);
    return next();
  };
  socket.write(protocolHeader);
  const greeting = await next();
  if (!judge(greeting, start)) throw error('rabbitmq/protocol', { reason: 'it refuses before the greeting' });
  // Two numbers of the version, then the properties of the server.
  const { text } = readLongText(greeting.args, readLongText(greeting.args, 2).end);
  return {
    mechanisms: text.split(' ').filter((mechanism) => mechanism !== ''),
    call,
    login: async (mechanism, response) => {
      const args = Buffer.concat([properties, shortText(mechanism), longText(response), shortText('en_US')]);
      const answer = await call(ofConnection(startOk, args));
      if (!judge(answer, tune)) return 'refused';
      // The limits that the server proposes are taken; without heartbeats, for a conversation is short.
      send(ofConnection(tuneOk, Buffer.concat([answer.args.subarray(0, 6), short(0)])));
      return 'accepted';
    },
    open: async (vhost) => {
      const args = Buffer.concat([shortText(vhost), shortText(''), Buffer.from([0])]);
      return judge(await call(ofConnection(openVhost, args)), openOk) ? 'opened' : 'refused';
    },
  };
};

const connectTo = ({ endpoint: { host, port }, tls }: Channel): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ ...tls, host, port });
    // A late error after the answer (a reset) is of no interest.
    socket.on('error', () => undefined);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket)).once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
  });

/** Opens a channel, waits for the greeting, hands the conversation over, and closes it whatever happens. */
export const converse = <T>(
  channel: Channel,
  signal: AbortSignal,
  use: (conversation: Conversation) => Promise<T>,
): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = await connectTo(channel);
    const destroy = (): void => void socket.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    if (limit.aborted) destroy();
    try {
      return await use(await greet(socket));
    } finally {
      limit.removeEventListener('abort', destroy);
      destroy();
    }
  });

/** True where somebody listens on the port. */
export const listens = async ({ host, port }: Endpoint, signal: AbortSignal): Promise<boolean> =>
  withTimeout(
    bound,
    signal,
    (limit) =>
      new Promise<boolean>((resolve) => {
        const socket = connectTcp({ host, port });
        const end = (result: boolean): void => {
          socket.destroy();
          resolve(result);
        };
        limit.addEventListener('abort', () => socket.destroy(), { once: true });
        socket.once('connect', () => end(true)).once('error', () => end(false));
      }),
  );
