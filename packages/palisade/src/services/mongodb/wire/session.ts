import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';
import type { Document } from './bson.ts';
import { encodeMessage, readMessage } from './message.ts';
import { beginScram } from './scram.ts';

/** Milliseconds that one conversation with a server may take. */
const bound = 5000;

/** Runs one command in a database and resolves to the answer, also where that is an error (`ok` is not 1). */
export type Run = (database: string, command: Document) => Promise<Document>;

/** How to reach a server: without TLS where `tls` is absent. */
export interface Channel {
  readonly endpoint: Endpoint;
  readonly tls?: ConnectionOptions;
}

/** A name and password, and the database that knows them. */
export interface Login {
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** Codes of MongoDB's errors: Unauthorized, AuthenticationFailed. Source: MongoDB documentation, error codes. */
const refusals = new Set([13, 18]);

/** True where an answer says that it was carried out. */
export const succeeded = (answer: Document): boolean => answer['ok'] === 1;

/** True where an answer says that the caller may not. */
export const isRefusal = (answer: Document): boolean =>
  !succeeded(answer) && typeof answer['code'] === 'number' && refusals.has(answer['code']);

/** What an answer gives as the reason of its error; bounded, for it may repeat what was sent. */
export const reasonOf = (answer: Document): string => {
  const { errmsg, codeName } = answer;
  return (typeof errmsg === 'string' ? errmsg : typeof codeName === 'string' ? codeName : 'no reason').slice(0, 300);
};

const conversation = (socket: Socket): Run => {
  let buffer = Buffer.alloc(0);
  let id = 0;
  return (database, command) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.off('data', onData).off('error', onError).off('close', onClose);
        act();
      };
      const onData = (chunk: Buffer): void => {
        buffer = Buffer.concat([buffer, chunk]);
        try {
          const read = readMessage(buffer);
          if (read === undefined) return;
          buffer = buffer.subarray(read.end);
          settle(() => resolve(read.document));
        } catch (thrown) {
          settle(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown))));
        }
      };
      const onError = (failure: Error): void => settle(() => reject(failure));
      const onClose = (): void => settle(() => reject(new Error('the server hung up')));
      socket.on('data', onData).on('error', onError).on('close', onClose);
      if (socket.destroyed) onClose();
      else socket.write(encodeMessage((id += 1), { ...command, $db: database }));
    });
};

const open = ({ endpoint: { host, port }, tls }: Channel): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ ...tls, host, port });
    // A late error after the answer (a reset) is of no interest.
    socket.on('error', () => undefined);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket)).once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
  });

/** Opens a channel, hands it over, and closes it whatever happens. */
export const converse = <T>(channel: Channel, signal: AbortSignal, use: (run: Run) => Promise<T>): Promise<T> =>
  withTimeout(bound, signal, async (limit) => {
    const socket = await open(channel);
    const destroy = (): void => void socket.destroy();
    limit.addEventListener('abort', destroy, { once: true });
    if (limit.aborted) destroy();
    try {
      return await use(conversation(socket));
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

const payloadOf = (answer: Document): string => {
  const { payload } = answer;
  return payload instanceof Uint8Array ? Buffer.from(payload).toString('utf8') : '';
};

/** Logs in by SCRAM-SHA-256; false where the server refuses. Throws `mongodb/protocol` where it cannot prove itself. */
export const logIn = async (run: Run, { username, password, database }: Login): Promise<boolean> => {
  const scram = beginScram(username, password);
  const begun = await run(database, {
    saslStart: 1,
    mechanism: 'SCRAM-SHA-256',
    payload: Buffer.from(scram.first),
    options: { skipEmptyExchange: true },
  });
  if (!succeeded(begun)) return false;
  const conversationId = begun['conversationId'] ?? 1;
  const step = (text: string): Promise<Document> =>
    run(database, { saslContinue: 1, conversationId, payload: Buffer.from(text) });
  let answer = await step(scram.final(payloadOf(begun)));
  if (!succeeded(answer)) return false;
  scram.verify(payloadOf(answer));
  // Servers that do not skip the empty exchange want one more step.
  if (answer['done'] !== true) answer = await step('');
  return succeeded(answer) && answer['done'] === true;
};
