import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, speaksTls, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R04: clients prove themselves with a certificate beside the password. */
export const control: Control<'redis'> = {
  id: 'redis/client-certificates',
  aliases: ['R04'],
  title: 'Redis demands client certificates',
  severity: 'medium',
  rationale:
    'A stolen password alone then opens nothing: its thief also needs the private key that never leaves the consumer.',
  fix: 'Set tls-auth-clients yes and tls-ca-cert-file.',
  references: [documentation('security/encryption')],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const demanded = setting('tls-auth-clients');
    const port = setting('port');
    for (const each of [demanded, port])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    if (!speaksTls(stack, service) || valueOf(port, '6379') !== '0')
      yield { outcome: 'fail', message: 'without TLS nobody is asked for a certificate', at: port.at, key: 'port' };
    else if (valueOf(demanded, 'yes') === 'yes')
      yield { outcome: 'pass', message: 'every client has to show a certificate', at: demanded.at };
    else
      yield {
        outcome: 'fail',
        message: `tls-auth-clients is ${valueOf(demanded, 'yes') ?? ''}`,
        at: demanded.at,
        key: 'tls-auth-clients',
      };
  }),
  live: {
    needs: ['redis'],
    attack: 'connect without a client certificate',
    assess: askServers(function* ({ plaintext, withoutCertificate }) {
      for (const answer of [plaintext, withoutCertificate])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const open = [plaintext, withoutCertificate].some((answer) => answer.known && answer.value.ping !== 'closed');
      yield open
        ? { outcome: 'fail', message: 'answered a client without a certificate' }
        : { outcome: 'pass', message: 'turned away a client without a certificate' };
    }),
  },
};
