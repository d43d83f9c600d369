import type { Control } from '../../../contracts/control.ts';
import { mostConnections } from '../configuration.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** Connections that are still a limit: each has a thread and up to a megabyte of stack. */
const mostReasonable = 10_000;

/** G10: a client that opens connections without end does not take the server down. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/connection-limit',
  aliases: ['G10'],
  title: 'MongoDB limits its connections',
  severity: 'low',
  rationale:
    'Every connection costs a thread and memory before anybody has logged in: without a limit whoever reaches the port can use both up.',
  fix: `Set net.maxIncomingConnections to what the consumers need together; palisade harden sets ${mostConnections}.`,
  references: [manual('reference/configuration-options')],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('net.maxIncomingConnections');
    const limit = Number(valueOf(setting, '0'));
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    else if (limit > 0 && limit <= mostReasonable)
      yield { outcome: 'pass', message: `takes ${limit} connections at most`, at: setting.at };
    else if (setting.state === 'default')
      yield { outcome: 'fail', message: 'net.maxIncomingConnections is not set', at: setting.at };
    else yield { outcome: 'fail', message: `${limit} connections are no limit`, at: setting.at };
  }),
  live: {
    needs: ['mongodb'],
    assess: askServers(function* ({ product, connections }) {
      if (product.known && product.value === 'ferretdb')
        yield {
          outcome: 'not-applicable',
          message: 'FerretDB, which stands in for MongoDB, has no limit of connections',
        };
      else if (!connections.known) yield unanswered(connections);
      else if (connections.value === null)
        yield { outcome: 'unknown', message: 'the server does not say how many connections it takes' };
      else if (connections.value <= mostReasonable)
        yield { outcome: 'pass', message: `takes ${connections.value} connections at most` };
      else yield { outcome: 'fail', message: `takes ${connections.value} connections` };
    }),
  },
};
