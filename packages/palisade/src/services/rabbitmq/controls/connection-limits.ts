import type { Control } from '../../../contracts/control.ts';
import { administrator, connectionChannels, nodeConnections } from '../accounts.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** Connections and channels are bounded: for the node, for each user, for each vhost. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/connection-limits',
  aliases: ['Q11'],
  title: 'Connections and channels of RabbitMQ are bounded',
  severity: 'medium',
  rationale:
    'By default connections have no bound: one client that leaks them takes memory and sockets from all others, until the node falls.',
  fix: 'Set connection_max and channel_max, and limits of each user and vhost.',
  references: [
    checklist('Per-virtual-host Limits'),
    documentation('user-limits'),
    documentation('channels', 'Maximum Number of Channels'),
  ],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const connections = setting('connection_max');
    const channels = setting('channel_max');
    if (connections.state === 'unknown') {
      yield { outcome: 'unknown', message: connections.why, at: connections.at };
      return;
    }
    const most = connections.state === 'set' ? Number(connections.value) : Number.POSITIVE_INFINITY;
    const deepest = channels.state === 'set' ? Number(channels.value) : 2047;
    if (!(most <= nodeConnections))
      yield {
        outcome: 'fail',
        message: connections.state === 'set' ? `connection_max is ${connections.value}` : 'connections have no bound',
        at: connections.at,
        key: 'connection_max',
      };
    if (!(deepest > 0 && deepest <= connectionChannels))
      yield {
        outcome: 'fail',
        message: `one connection may have ${deepest === 0 ? 'any number of' : String(deepest)} channels`,
        at: channels.at,
        key: 'channel_max',
      };
    if (most <= nodeConnections && deepest > 0 && deepest <= connectionChannels)
      yield { outcome: 'pass', message: 'connections and channels are bounded', at: connections.at };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings, users, vhosts }) {
      for (const answer of [settings, users, vhosts])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      if (!settings.known || !users.known || !vhosts.known) return;
      const unbounded = [
        ...(settings.value.connections === null || settings.value.connections > nodeConnections ? ['the node'] : []),
        ...users.value
          .filter(
            ({ name, vhosts: own, connections }) =>
              name !== administrator && own.length > 0 && connections === undefined,
          )
          .map(({ name }) => `the user ${name}`),
        ...vhosts.value
          .filter(
            ({ name, connections }) =>
              connections === undefined && users.value.some(({ vhosts: held }) => held.includes(name)),
          )
          .map(({ name }) => `the vhost ${name}`),
      ];
      for (const what of unbounded)
        yield { outcome: 'fail', message: `connections of ${what} have no bound`, key: what };
      if (settings.value.channels === 0 || settings.value.channels > connectionChannels)
        yield {
          outcome: 'fail',
          message: `one connection may have ${settings.value.channels} channels`,
          key: 'channel_max',
        };
      else if (unbounded.length === 0)
        yield { outcome: 'pass', message: 'connections of the node, of users and of vhosts are bounded' };
    }),
  },
};
