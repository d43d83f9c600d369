import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isOn } from '../option-file.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, judgeVariable, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** M01: nobody logs in without TLS. */
export const control: Control<'mysql'> = {
  id: 'mysql/secure-transport-required',
  aliases: ['M01'],
  title: 'MySQL takes connections over TLS alone',
  severity: 'high',
  rationale:
    'Without TLS, statements, their answers and what proves a password can be read and changed by whoever stands between client and server.',
  fix: 'Set require_secure_transport=ON with ssl_cert, ssl_key and ssl_ca; palisade harden does it.',
  references: [manual('server-system-variables', 'sysvar_require_secure_transport')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('require_secure_transport');
    yield* judgeSetting(setting, 'OFF', (value) =>
      isOn(value)
        ? { outcome: 'pass', message: 'require_secure_transport is on' }
        : { outcome: 'fail', message: 'connections without TLS are taken: require_secure_transport is off' },
    );
  }),
  live: {
    needs: ['mysql'],
    attack: 'log in without TLS',
    assess: askServers(function* ({ nobody, knownLogins, settings }) {
      const accepted = knownLogins.known ? knownLogins.value.accepted.filter(({ way }) => way === 'plaintext') : [];
      if (accepted.length > 0 || (nobody.known && nobody.value.plaintext === 'let-in')) {
        yield { outcome: 'fail', message: 'let somebody in without TLS' };
        return;
      }
      // MariaDB refuses a login without TLS in the words in which it refuses a wrong password; the setting tells them apart.
      if (nobody.known && ['tls-demanded', 'closed'].includes(nobody.value.plaintext))
        yield { outcome: 'pass', message: 'demanded TLS before a login' };
      else if (!nobody.known) yield unanswered(nobody);
      else
        yield* judgeVariable(settings, 'require_secure_transport', (value) =>
          isOn(value)
            ? { outcome: 'pass', message: 'refused a login without TLS, and require_secure_transport is on' }
            : { outcome: 'fail', message: 'asks for passwords without TLS: require_secure_transport is off' },
        );
    }),
  },
};
