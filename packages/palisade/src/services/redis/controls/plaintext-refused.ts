import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R02: nobody is answered without TLS. */
export const control: Control<'redis'> = {
  id: 'redis/plaintext-refused',
  aliases: ['R02'],
  title: 'Redis answers over TLS alone',
  severity: 'high',
  rationale: 'Without TLS, passwords and data can be read and changed by whoever stands between client and server.',
  fix: 'Set port 0, and tls-port to the number that clients know.',
  references: [documentation('security/encryption')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('port');
    const port = valueOf(setting, '6379');
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    else if (port === '0') yield { outcome: 'pass', message: 'no port is open without TLS', at: setting.at };
    else yield { outcome: 'fail', message: `port ${port ?? ''} is open without TLS`, at: setting.at };
  }),
  live: {
    needs: ['redis'],
    attack: 'talk to it without TLS',
    assess: askServers(function* ({ plaintext }) {
      if (!plaintext.known) yield unanswered(plaintext);
      else if (plaintext.value.ping === 'closed') yield { outcome: 'pass', message: 'hung up on a client without TLS' };
      else yield { outcome: 'fail', message: 'answered without TLS' };
    }),
  },
};
