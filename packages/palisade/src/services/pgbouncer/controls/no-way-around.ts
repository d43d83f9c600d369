import type { Control, Observation } from '../../../contracts/control.ts';
import { servicesOfKind } from '../../../model/index.ts';
import { upstreamOf } from '../consumers.ts';
import { manual } from '../references.ts';

/** B07: the network reaches PostgreSQL through the pooler, not beside it. */
export const control: Control = {
  id: 'pgbouncer/no-way-around',
  aliases: ['B07'],
  title: 'PostgreSQL behind PgBouncer is not published',
  severity: 'medium',
  rationale:
    'A server that answers the network itself can be used up by whoever goes around the pooler and its limits.',
  fix: "Remove PostgreSQL's published ports, or bind them to loopback.",
  references: [manual('max_db_connections')],
  checklist: ['firewall'],
  *static(stack): Generator<Observation> {
    for (const service of servicesOfKind(stack, 'pgbouncer')) {
      const server = stack.services.get(upstreamOf(stack, service)?.name ?? '');
      const resource = { type: 'service', name: service.name } as const;
      if (server === undefined) {
        yield {
          outcome: 'unknown',
          resource,
          message: 'which server is behind the pooler is not known',
          at: service.at,
        };
        continue;
      }
      const open = server.ports.filter(({ hostAddress }) => !/^(127\.|\[?::1\]?$|localhost$)/.test(hostAddress));
      for (const { at, target } of open)
        yield {
          outcome: 'fail',
          resource,
          message: `${server.name} publishes its port ${target} beside the pooler`,
          at,
          key: String(target),
        };
      if (open.length === 0)
        yield { outcome: 'pass', resource, message: `${server.name} is published to no network`, at: server.at };
    }
  },
};
