import type { ContainerCapability, ContainerTarget } from '../../contracts/service-kind.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import { administrator } from './accounts.ts';
import { clusterOf } from './cluster.ts';
import { error } from './errors.ts';
import { joinCluster } from './join-cluster.ts';
import { busPort, containerPort, hardenedEntrypoint, speaksTls } from './posture.ts';
import { reload } from './reload.ts';
import { type Ask, listens } from './wire.ts';

const client: NonNullable<ContainerCapability['client']> = (command, service, stack) => {
  const [name = 'redis-cli', ...args] = command;
  if (!/^(?:redis|valkey)-cli$/.test(name)) return { command };
  const tls = speaksTls(stack, service)
    ? '--tls --cacert /certs/ca.pem --cert /client-certs/cert.pem --key /client-certs/key.pem'.split(' ')
    : [];
  const own = ['-h', '127.0.0.1', '-p', String(containerPort(stack, service)), ...tls];
  return hardenedEntrypoint(service) === undefined
    ? { command: [name, ...own, ...args] }
    : {
        // The password is in a file of the container's memory, and reaches redis-cli through an environment of its own.
        command: [
          '/bin/sh',
          '-c',
          'REDISCLI_AUTH=$(cat "$0") || exit; export REDISCLI_AUTH; exec "$@"',
          `/dev/shm/palisade-${service.name}/password`,
          name,
          '--no-auth-warning',
          '--user',
          administrator,
          ...own,
          ...args,
        ],
      };
};

/** Commands as the administrator, each a run of the client in the container. An answer of several lines is one text. */
const asker =
  ({ exec, service }: ContainerTarget, signal: AbortSignal): Ask =>
  async (...words) => {
    const { stdout, stderr } = await exec(['redis-cli'], `${words.join(' ')}\n`, signal);
    const text = stdout.trim();
    // None of these commands has an empty answer; a client that cannot connect may end as if all were well.
    if (text === '') throw error('redis/not-reachable', { service: service.name, reason: stderr.trim() });
    return /^(?:\(error\) )?(?:ERR|NOAUTH|NOPERM|WRONGPASS|LOADING|CLUSTERDOWN)\b/.test(text)
      ? { type: 'error', text: text.replace(/^\(error\) /, '') }
      : { type: 'text', text };
  };

/** Nodes that are up, by their addresses in a network of this node: a node is met by its address, never by its name. */
const peersOf = async (
  { stack, service, sharedAddresses }: ContainerTarget,
  signal: AbortSignal,
): Promise<readonly { readonly endpoint: Endpoint; readonly bus: number }[]> => {
  const nodes = clusterOf(stack, service).filter(({ name }) => name !== service.name);
  const found = await Promise.all(
    nodes.map(async (node) => {
      const [host] = sharedAddresses(node.name);
      const bus = busPort(stack, node);
      if (host === undefined || bus === undefined) return [];
      const port = containerPort(stack, node);
      return (await listens({ host, port: bus }, signal)) ? [{ endpoint: { host, port }, bus }] : [];
    }),
  );
  return found.flat();
};

const ready = async (target: ContainerTarget, signal: AbortSignal): Promise<void> => {
  const { service, stack } = target;
  const ask = asker(target, signal);
  const answer = await ask('PING');
  if (answer.type === 'error') {
    // Whether a password of the user's own is asked for is no matter: the server is up.
    if (answer.text.startsWith('NOAUTH')) return;
    throw error('redis/not-reachable', { service: service.name, reason: answer.text });
  }
  const cluster = clusterOf(stack, service);
  if (cluster.length === 0) return;
  const peers = await peersOf(target, signal);
  const place = cluster.findIndex(({ name }) => name === service.name);
  const serves = await joinCluster(ask, { service: service.name, place, nodes: cluster.length, peers });
  if (peers.length === cluster.length - 1 && !serves)
    throw error('redis/not-reachable', { service: service.name, reason: 'the cluster does not serve yet' });
};

/** In a container: the administrator's client, and nodes that make one cluster. */
export const container: ContainerCapability = { client, ready, reload };
