import type { Endpoint } from '../../contracts/runtime.ts';
import { slotRange } from './cluster.ts';
import { error } from './errors.ts';
import type { Ask, Reply } from './wire.ts';

/** Another node: where clients reach it, and where nodes do. */
export interface Peer {
  readonly endpoint: Endpoint;
  readonly bus: number;
}

/** One node's view of the cluster that it is to be a part of. */
export interface Membership {
  readonly service: string;
  /** Its place among the nodes, from 0, and how many there are. */
  readonly place: number;
  readonly nodes: number;
  /** The other nodes that are up. */
  readonly peers: readonly Peer[];
}

const textOf = (reply: Reply): string => ('text' in reply ? reply.text : '');

const field = (info: string, name: string): string | undefined =>
  info
    .split(/\r?\n/)
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1);

/** Other nodes with which a connection stands, as address and bus port, from `CLUSTER NODES`. */
const connected = (nodes: string): ReadonlySet<string> =>
  new Set(
    nodes.split('\n').flatMap((line) => {
      const [, address = '', flags = '', , , , , link] = line.split(' ');
      const [, host, bus] = /^(.*):\d+@(\d+)/.exec(address) ?? [];
      return link === 'connected' && !/myself|fail|handshake|noaddr/.test(flags) && bus !== undefined
        ? [`${host} ${bus}`]
        : [];
    }),
  );

/**
 * What `redis-cli --cluster create` does, one node's part of it and idempotent, so that nodes may start in any order and
 * any number of times: a node of a new cluster takes its share of the slots and meets the others that are up. A node that
 * has slots, or knows of some, keeps what it has. Resolves to whether the cluster serves; with a node missing it cannot.
 */
export const joinCluster = async (ask: Ask, membership: Membership): Promise<boolean> => {
  const { service, place, nodes, peers } = membership;
  const say = async (...words: readonly string[]): Promise<string> => {
    const reply = await ask(...words);
    if (reply.type === 'error') throw error('redis/not-reachable', { service, reason: reply.text });
    return textOf(reply);
  };
  const info = await say('CLUSTER', 'INFO');
  if (field(info, 'cluster_slots_assigned') === '0' && field(info, 'cluster_known_nodes') === '1') {
    // Refused where the node has an epoch, which is as good.
    await ask('CLUSTER', 'SET-CONFIG-EPOCH', String(place + 1));
    const [first, last] = slotRange(place, nodes);
    await say('CLUSTER', 'ADDSLOTS', ...Array.from({ length: last - first + 1 }, (_, index) => String(first + index)));
  }
  const known = connected(await say('CLUSTER', 'NODES'));
  for (const { endpoint, bus } of peers)
    if (!known.has(`${endpoint.host} ${bus}`))
      await say('CLUSTER', 'MEET', endpoint.host, String(endpoint.port), String(bus));
  return field(await say('CLUSTER', 'INFO'), 'cluster_state') === 'ok';
};
