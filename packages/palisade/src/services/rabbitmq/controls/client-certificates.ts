import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { listenersOf } from '../listeners.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Q04: clients prove themselves with a certificate beside the password. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/client-certificates',
  aliases: ['Q04'],
  title: 'RabbitMQ demands client certificates',
  severity: 'medium',
  rationale:
    'A stolen password alone then opens nothing: its thief also needs the private key that never leaves the consumer.',
  fix: 'Set ssl_options.verify = verify_peer, ssl_options.fail_if_no_peer_cert = true and ssl_options.cacertfile.',
  references: [documentation('ssl', 'TLS Peer Verification')],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const found = listenersOf(stack, service);
    const setting = settingsOf(stack, service);
    const demanded = setting('ssl_options.fail_if_no_peer_cert');
    const verified = setting('ssl_options.verify');
    if (found.state === 'unknown') {
      yield { outcome: 'unknown', message: found.why, at: found.at };
      return;
    }
    const amqp = found.listeners.filter(({ protocol }) => protocol === 'amqp');
    const open = amqp.find(({ tls }) => !tls);
    if (open !== undefined)
      yield {
        outcome: 'fail',
        message: 'without TLS nobody is asked for a certificate',
        at: open.at,
        key: 'listeners',
      };
    else if (valueOf(verified, 'verify_none') !== 'verify_peer')
      yield { outcome: 'fail', message: 'certificates are not verified', at: verified.at, key: 'ssl_options.verify' };
    else if (valueOf(demanded, 'false') !== 'true')
      yield {
        outcome: 'fail',
        message: 'a client may come without a certificate',
        at: demanded.at,
        key: 'ssl_options.fail_if_no_peer_cert',
      };
    else yield { outcome: 'pass', message: 'every client has to show a certificate', at: demanded.at };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'connect without a client certificate',
    assess: askServers(function* ({ plaintext, withoutCertificate }) {
      for (const answer of [plaintext, withoutCertificate])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const open = [plaintext, withoutCertificate].some(
        (answer) => answer.known && answer.value.greeting === 'answered',
      );
      yield open
        ? { outcome: 'fail', message: 'greeted a client without a certificate' }
        : { outcome: 'pass', message: 'turned away a client without a certificate' };
    }),
  },
};
