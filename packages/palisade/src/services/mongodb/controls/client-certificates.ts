import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** G05: clients prove themselves with a certificate beside the password. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/client-certificates',
  aliases: ['G05'],
  title: 'MongoDB demands client certificates',
  severity: 'medium',
  rationale:
    'A stolen password alone then opens nothing: its thief also needs the private key that never leaves the consumer.',
  fix: 'Set net.tls.CAFile, and leave net.tls.allowConnectionsWithoutCertificates off.',
  references: [manual('tutorial/configure-ssl'), manual('reference/configuration-options')],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const mode = setting('net.tls.mode');
    const authority = setting('net.tls.CAFile');
    const without = setting('net.tls.allowConnectionsWithoutCertificates');
    for (const each of [mode, authority, without])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    if (valueOf(mode, 'disabled') !== 'requireTLS')
      yield { outcome: 'fail', message: 'without TLS nobody is asked for a certificate', at: mode.at, key: 'mode' };
    else if (authority.state !== 'set')
      yield { outcome: 'fail', message: 'without CAFile no certificate is checked', at: authority.at, key: 'CAFile' };
    else if (valueOf(without, 'false') === 'true')
      yield {
        outcome: 'fail',
        message: 'connections without a certificate are allowed',
        at: without.at,
        key: 'without',
      };
    else yield { outcome: 'pass', message: 'every client has to show a certificate', at: authority.at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'connect without a client certificate',
    assess: askServers(function* ({ plaintext, withoutCertificate }) {
      const ways = [plaintext, withoutCertificate];
      if (ways.some((answer) => answer.known && answer.value !== 'closed')) {
        yield { outcome: 'fail', message: 'answered a client without a certificate' };
        return;
      }
      for (const answer of ways)
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      yield { outcome: 'pass', message: 'turned away a client without a certificate' };
    }),
  },
};
