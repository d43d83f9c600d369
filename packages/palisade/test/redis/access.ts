import assert from 'node:assert/strict';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';
import { type Ask, type Reply, converse } from '../../src/services/redis/wire.ts';
import { messageOf } from '../../src/support/errors.ts';
import { retry } from '../../src/support/retry.ts';
import type { PostureChange } from '../posture-change.ts';
import { consumer, context, nodes } from './cluster.ts';

/** The text of a reply, of a list the texts of its items. */
export const textOf = (reply: Reply): string =>
  reply.type === 'array' ? reply.items.map(textOf).join(' ') : 'text' in reply ? reply.text : '';

/** Where the password of the consumer lies in Vault. */
const secretOfConsumer = `redis-1/${consumer}`;

/** The ways in which a test talks to the nodes of a cluster, `own` being the identity of its consumer. */
export const accessTo = (cluster: PostureChange, own: Identity) => {
  const endpointOf = (node: string, port = 6379) =>
    cluster.runtime.endpoint(node, port) ?? assert.fail(`no port of ${node}`);

  const tlsOf = (identity = own, servername: string = nodes[0]): ConnectionOptions => ({
    ca: cluster.authority,
    servername,
    ...identity,
  });

  const anonymous = (): ConnectionOptions => ({ ca: cluster.authority, servername: nodes[0] });

  const passwordOf = (path: string): string => cluster.passwords.get(path) ?? assert.fail(`no password at ${path}`);

  /** Logs in to a node, and asks. */
  const as = <T>(user: string, password: string, use: (ask: Ask) => Promise<T>, node: string = nodes[0]): Promise<T> =>
    converse({ endpoint: endpointOf(node), tls: tlsOf(undefined, node) }, context.signal, async (ask) => {
      assert.equal(textOf(await ask('AUTH', user, password)), 'OK');
      return use(ask);
    });

  const asConsumer = <T>(use: (ask: Ask) => Promise<T>, node?: string): Promise<T> =>
    as(consumer, passwordOf(secretOfConsumer), use, node);

  /** As a client of a cluster: goes where it is sent, and verifies the name that it is sent to. */
  const inCluster = async (...words: readonly string[]): Promise<string> => {
    const reply = await asConsumer(async (ask) => textOf(await ask(...words)));
    const [, host, port] = /^MOVED \d+ (\S+):(\d+)$/.exec(reply) ?? [];
    if (host === undefined) return reply;
    const endpoint = { host, port: Number(port) };
    return converse({ endpoint, tls: tlsOf(undefined, host) }, context.signal, async (ask) => {
      await ask('AUTH', consumer, passwordOf(secretOfConsumer));
      return textOf(await ask(...words));
    });
  };

  /** What becomes of an attempt to be answered. */
  const attempt = async (tls: ConnectionOptions | undefined, port?: number): Promise<string> => {
    try {
      const channel = { endpoint: endpointOf(nodes[0], port), ...(tls === undefined ? {} : { tls }) };
      return await converse(channel, context.signal, async (ask) => `answered ${textOf(await ask('PING'))}`);
    } catch (thrown) {
      return messageOf(thrown);
    }
  };

  const administer = async (node: string, ...commands: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await cluster.runtime.exec(node, ['redis-cli'], {
      input: `${commands.join('\n')}\n`,
      signal: context.signal,
    });
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(stdout, /^(?:ERR|NOAUTH|NOPERM|WRONGPASS)/m);
    return stdout.trim();
  };

  const clusterServes = (): Promise<void> =>
    retry(
      async () => {
        for (const node of nodes)
          assert.match(
            await administer(node, 'CLUSTER INFO'),
            /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/,
          );
      },
      { within: 10_000 },
    );

  /** How many clients a node has turned away since its start. */
  const rejected = async (node: string): Promise<number> =>
    Number(/rejected_connections:(\d+)/.exec(await administer(node, 'INFO stats'))?.[1]);

  /** The fingerprint of the certificate that the first node shows to whoever connects now. */
  const shownAt = (port: number): Promise<string> =>
    converse(
      { endpoint: endpointOf(nodes[0], port), tls: { ...tlsOf(), rejectUnauthorized: false } },
      context.signal,
      (_, socket) =>
        Promise.resolve(
          (socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined) ?? '',
        ),
    );

  return {
    endpointOf,
    tlsOf,
    anonymous,
    passwordOf,
    as,
    asConsumer,
    inCluster,
    attempt,
    administer,
    clusterServes,
    rejected,
    shownAt,
  };
};

/** What `accessTo` gives. */
export type ClusterAccess = ReturnType<typeof accessTo>;
