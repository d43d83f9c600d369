import type { Control } from '../../../contracts/control.ts';
import { distributionPort, epmdPort } from '../listeners.ts';
import { askFiles } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** Q07: the ports between nodes are for nodes alone. */
export const control: Control = {
  id: 'rabbitmq/distribution-not-published',
  aliases: ['Q07'],
  title: 'The ports between nodes of RabbitMQ are not published',
  severity: 'high',
  rationale:
    'Behind port 25672 the cookie is all that is asked for, and it is as good as a shell; port 4369 tells everybody where to knock.',
  fix: 'Take 4369 and 25672 out of ports.',
  references: [checklist('Firewall Configuration'), documentation('networking', 'Port Access')],
  checklist: ['firewall'],
  static: askFiles(function* (service) {
    const inner = [epmdPort, distributionPort];
    const published = service.ports.filter(({ target, targetEnd }) =>
      inner.some((port) => target <= port && port <= targetEnd),
    );
    for (const { at, raw, target } of published)
      yield {
        outcome: 'fail',
        message: `publishes a port between nodes: ${raw}`,
        at,
        key: String(target),
        byFiles: false,
      };
    if (published.length === 0)
      yield { outcome: 'pass', message: 'publishes no port between nodes', at: service.image?.at ?? service.at };
  }),
};
