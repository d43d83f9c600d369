import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { listenersOf } from '../listeners.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Q03: the management interface, too, is served over TLS alone. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/management-tls',
  aliases: ['Q03-management'],
  title: 'The management interface of RabbitMQ is served over TLS alone',
  severity: 'high',
  rationale:
    'It takes the password of an administrator with every request: without TLS one request that is overheard gives away the whole server.',
  fix: 'Set management.ssl.port = 15671 with certificate, key and authorities, and no management.tcp setting.',
  references: [documentation('management', 'HTTPS')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const found = listenersOf(stack, service);
    if (found.state === 'unknown') {
      yield { outcome: 'unknown', message: found.why, at: found.at };
      return;
    }
    const interfaces = found.listeners.filter(({ protocol }) => protocol === 'management');
    const open = interfaces.find(({ tls }) => !tls);
    const at = interfaces[0]?.at ?? service.at;
    if (interfaces.length === 0)
      yield { outcome: 'not-applicable', message: 'the management interface is not enabled', at };
    else if (open === undefined) yield { outcome: 'pass', message: 'it is served over TLS alone', at };
    else
      yield {
        outcome: 'fail',
        message: `port ${open.port} serves it without TLS`,
        at: open.at,
        key: String(open.port),
      };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'use the management interface without TLS, or without a client certificate',
    assess: askServers(function* ({ management }) {
      if (!management.known) yield unanswered(management);
      else if (management.value === 'none')
        yield { outcome: 'not-applicable', message: 'the management interface is not enabled' };
      else if (management.value.plaintext === 'answered')
        yield { outcome: 'fail', message: 'the management interface answers without TLS', key: 'plaintext' };
      else if (management.value.withoutCertificate === 'answered')
        yield { outcome: 'fail', message: 'the management interface asks for no certificate', key: 'certificate' };
      else yield { outcome: 'pass', message: 'it hangs up on who comes without TLS or without a certificate' };
    }),
  },
};
