import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual, securityChecklist } from '../references.ts';

/** G04: nobody is answered without TLS. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/plaintext-refused',
  aliases: ['G04'],
  title: 'MongoDB answers over TLS alone',
  severity: 'high',
  rationale: 'Without TLS, documents can be read and changed by whoever stands between client and server.',
  fix: 'Set net.tls.mode to requireTLS; allowTLS and preferTLS still answer without.',
  references: [securityChecklist, manual('tutorial/configure-ssl')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('net.tls.mode');
    const mode = valueOf(setting, 'disabled') ?? '';
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    else if (mode === 'requireTLS') yield { outcome: 'pass', message: 'TLS is demanded', at: setting.at };
    else yield { outcome: 'fail', message: `net.tls.mode is ${mode}`, at: setting.at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'talk to it without TLS',
    assess: askServers(function* ({ plaintext }) {
      if (!plaintext.known) yield unanswered(plaintext);
      else if (plaintext.value === 'closed') yield { outcome: 'pass', message: 'hung up on a client without TLS' };
      else yield { outcome: 'fail', message: 'answered without TLS' };
    }),
  },
};
