import type { Control } from '../../../contracts/control.ts';
import { settingsOf, busPort } from '../posture.ts';
import { askFiles } from '../question.ts';
import { documentation } from '../references.ts';

/** R09: the cluster bus is for the nodes alone. */
export const control: Control = {
  id: 'redis/bus-not-published',
  aliases: ['R09'],
  title: 'The cluster bus of Redis is not published',
  severity: 'high',
  rationale: 'The bus knows no accounts: whoever reaches it and is let in by TLS, or by its absence, speaks as a node.',
  fix: 'Take the port of the bus (16379 for 6379) out of ports; the nodes reach each other on their own network.',
  references: [documentation('scaling')],
  checklist: ['firewall'],
  static: askFiles(function* (service, stack) {
    const cluster = settingsOf(stack, service)('cluster-enabled');
    if (cluster.state === 'unknown') {
      yield { outcome: 'unknown', message: cluster.why, at: cluster.at };
      return;
    }
    const bus = busPort(stack, service);
    if (bus === undefined) {
      yield { outcome: 'not-applicable', message: 'is no part of a cluster', at: cluster.at };
      return;
    }
    const published = service.ports.filter(({ target, targetEnd }) => target <= bus && bus <= targetEnd);
    for (const { at, raw } of published)
      yield { outcome: 'fail', message: `publishes the cluster bus: ${raw}`, at, key: String(bus), byFiles: false };
    if (published.length === 0) yield { outcome: 'pass', message: 'does not publish the cluster bus', at: cluster.at };
  }),
};
