import type { Control } from '../../../contracts/control.ts';
import { readSettings, settingsBelow, settingsOf, valueOf } from '../posture.ts';
import { askFiles } from '../question.ts';
import { documentation } from '../references.ts';

const isLoopback = (address: string | undefined): boolean => address !== undefined && /^(?:127\.|::1$)/.test(address);

/** Q07: a single node talks to its own tools alone. No running server is asked: as a host process each listens on loopback. */
export const control: Control = {
  id: 'rabbitmq/distribution-on-loopback',
  aliases: ['Q07-loopback'],
  title: 'A single node of RabbitMQ opens the ports between nodes on loopback alone',
  severity: 'medium',
  rationale:
    'A node without others needs these ports for its own tools. Open on the network, they let every other container guess the cookie.',
  fix: 'Set distribution.listener.interface = 127.0.0.1, and ERL_EPMD_ADDRESS to 127.0.0.1.',
  references: [documentation('networking', 'Inter-node and CLI Tool Traffic')],
  checklist: ['network-policies'],
  static: askFiles(function* (service, stack) {
    const read = readSettings(stack, service);
    const place = settingsOf(stack, service)('distribution.listener.interface');
    const epmd = service.environment.get('ERL_EPMD_ADDRESS');
    if (place.state === 'unknown') yield { outcome: 'unknown', message: place.why, at: place.at };
    else if (settingsBelow(read, 'cluster_formation').length > 0)
      yield { outcome: 'not-applicable', message: 'is a node of a cluster', at: place.at };
    else if (!isLoopback(valueOf(place, '')))
      yield {
        outcome: 'fail',
        message: 'the port between nodes is open on every interface',
        at: place.at,
        key: 'node',
      };
    else if (!isLoopback(epmd?.value ?? undefined))
      yield { outcome: 'fail', message: 'epmd is open on every interface', at: epmd?.at ?? place.at, key: 'epmd' };
    else yield { outcome: 'pass', message: 'the node talks to its tools on loopback', at: place.at };
  }),
};
