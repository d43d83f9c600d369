import assert from 'node:assert/strict';
import { request } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../src/contracts/runtime.ts';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';
import { longText, short, shortText } from '../../src/services/rabbitmq/frames.ts';
import { type Conversation, converse, plain } from '../../src/services/rabbitmq/wire.ts';
import { messageOf } from '../../src/support/errors.ts';
import type { PostureChange } from '../posture-change.ts';
import { consumer, context } from './messaging.ts';

/** Bits of queue.declare. */
export const [passive, durable] = [1, 2];

/** Sends a method on a fresh channel; `ok`, or the code with which the server closes the channel. */
const onChannel = async (
  { call }: Conversation,
  classId: number,
  methodId: number,
  args: readonly Buffer[],
): Promise<'ok' | number> => {
  await call({ channel: 1, classId: 20, methodId: 10, args: shortText('') });
  const answer = await call({ channel: 1, classId, methodId, args: Buffer.concat([short(0), ...args]) });
  return answer.classId === 20 ? answer.args.readUInt16BE(0) : 'ok';
};

/** Declares a queue; `ok`, or the code of the refusal. */
export const declare = (conversation: Conversation, queue: string, bits = durable): Promise<'ok' | number> =>
  onChannel(conversation, 50, 10, [shortText(queue), Buffer.from([bits]), longText('')]);

/** Binds a queue to an exchange; `ok`, or the code of the refusal. */
export const bind = (conversation: Conversation, queue: string, exchange: string): Promise<'ok' | number> =>
  onChannel(conversation, 50, 20, [
    shortText(queue),
    shortText(exchange),
    shortText('#'),
    Buffer.from([0]),
    longText(''),
  ]);

/** How clients learn that a server does not want them. */
export const turnedAway = /alert|ECONNRESET|EPIPE|hung up|disconnected|no frame/i;

/** What a client can do with the server, as the consumer where nothing else is said. */
export interface Client {
  readonly endpointOf: (port?: number) => Endpoint;
  readonly tlsOf: (identity?: Identity) => ConnectionOptions;
  readonly passwordOf: (name: string) => string;
  /** TLS without a certificate to show. */
  readonly anonymous: () => ConnectionOptions;
  /** Tries to log in with the consumer's certificate. */
  readonly logIn: (user: string, password: string) => Promise<string>;
  /** As a consumer in a vhost. */
  readonly inVhost: <T>(vhost: string, use: (conversation: Conversation) => Promise<T>) => Promise<T>;
  /** Runs rabbitmqctl beside the server. */
  readonly administer: (...args: readonly string[]) => Promise<string>;
  /** Makes the server read certificates and authorities again, without a restart. */
  readonly reread: () => Promise<void>;
  /** What becomes of an attempt to be greeted. */
  readonly attempt: (tls: ConnectionOptions | undefined) => Promise<string>;
  /** The status with which the management interface answers, or why it does not. */
  readonly manage: (path: string, tls: ConnectionOptions, auth?: string) => Promise<string>;
}

/** A client of the server. `own` is the identity of the consumer. */
export const clientOf = (messaging: PostureChange, own: Identity): Client => {
  const endpointOf = (port = 5671): Endpoint =>
    messaging.runtime.endpoint('rabbitmq', port) ?? assert.fail(`no port ${port}`);

  const tlsOf = (identity = own): ConnectionOptions => ({
    ca: messaging.authority,
    servername: 'rabbitmq',
    ...identity,
  });

  const passwordOf = (name: string): string =>
    messaging.passwords.get(name) ??
    messaging.passwords.get(`rabbitmq/${name}`) ??
    assert.fail(`no password of ${name}`);

  const anonymous = (): ConnectionOptions => ({ ca: messaging.authority, servername: 'rabbitmq' });

  const logIn = (user: string, password: string): Promise<string> =>
    converse({ endpoint: endpointOf(), tls: tlsOf() }, context.signal, ({ login }) =>
      login('PLAIN', plain(user, password)),
    );

  const inVhost = <T>(vhost: string, use: (conversation: Conversation) => Promise<T>): Promise<T> =>
    converse({ endpoint: endpointOf(), tls: tlsOf() }, context.signal, async (conversation) => {
      assert.equal(await conversation.login('PLAIN', plain(consumer, passwordOf(consumer))), 'accepted');
      assert.equal(await conversation.open(vhost), 'opened', vhost);
      return use(conversation);
    });

  const administer = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await messaging.runtime.exec('rabbitmq', ['rabbitmqctl', '-q', ...args], {
      signal: context.signal,
    });
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  };

  const reread = (): Promise<void> => messaging.runtime.reload('rabbitmq');

  const attempt = async (tls: ConnectionOptions | undefined): Promise<string> => {
    try {
      const channel = { endpoint: endpointOf(), ...(tls === undefined ? {} : { tls }) };
      return await converse(channel, context.signal, ({ mechanisms }) =>
        Promise.resolve(`greeted ${mechanisms.join()}`),
      );
    } catch (thrown) {
      return messageOf(thrown);
    }
  };

  const manage = (path: string, tls: ConnectionOptions, auth?: string): Promise<string> =>
    new Promise((resolve) => {
      const { host, port } = endpointOf(15_671);
      request({ host, port, path, agent: false, ...tls, ...(auth === undefined ? {} : { auth }), timeout: 5000 })
        .once('response', (response) => {
          response.destroy();
          resolve(String(response.statusCode));
        })
        .once('error', (failure) => resolve(failure.message))
        .end();
    });

  return { endpointOf, tlsOf, passwordOf, anonymous, logIn, inVhost, administer, reread, attempt, manage };
};
