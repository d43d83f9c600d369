import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { listenersOf } from '../listeners.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Q03: nobody is answered without TLS, by no protocol. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/plaintext-refused',
  aliases: ['Q03'],
  title: 'RabbitMQ talks to clients over TLS alone',
  severity: 'high',
  rationale: 'Without TLS, passwords and messages can be read and changed by whoever stands between client and server.',
  fix: 'Set listeners.tcp = none and listeners.ssl.default = 5671, and close the plain listeners of plugins.',
  references: [documentation('ssl'), documentation('networking', 'TCP Listeners')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const found = listenersOf(stack, service);
    if (found.state === 'unknown') {
      yield { outcome: 'unknown', message: found.why, at: found.at };
      return;
    }
    const clients = found.listeners.filter(({ protocol }) => protocol !== 'management');
    const open = clients.filter(({ tls }) => !tls);
    for (const { protocol, port, at } of open)
      yield {
        outcome: 'fail',
        message: `${protocol} is open without TLS on port ${port}`,
        at,
        key: `${protocol}:${port}`,
      };
    if (open.length === 0)
      yield { outcome: 'pass', message: 'no port is open without TLS', at: clients[0]?.at ?? service.at };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'connect without TLS',
    assess: askServers(function* ({ plaintext }) {
      if (!plaintext.known) yield unanswered(plaintext);
      else if (plaintext.value.greeting === 'closed')
        yield { outcome: 'pass', message: 'hung up on a client without TLS' };
      else yield { outcome: 'fail', message: 'greeted a client without TLS' };
    }),
  },
};
