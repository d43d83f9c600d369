import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { firstAdministrator } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { officialImage, securityChecklist } from '../references.ts';

/** Passwords of the image's description and of tutorials. */
const common = new Set(['example', 'password', 'admin', 'root', 'mongo', 'mongodb', 'secret', 'changeme']);

/** G08: no login is public. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/no-known-login',
  aliases: ['G08'],
  title: 'MongoDB takes no login that is no secret',
  severity: 'critical',
  rationale:
    'Passwords of examples are the first that an attacker tries, and those in a Compose file are known to everybody who has ever seen the repository.',
  fix: 'Keep passwords in Vault, one for each consumer, and drop the accounts of development; palisade harden does both.',
  references: [securityChecklist, officialImage],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service) {
    const written = service.environment.get(firstAdministrator.password);
    const at = written?.at ?? service.at;
    if (written === undefined || (written.value ?? '') === '')
      yield { outcome: 'pass', message: 'no password stands in its environment', at };
    else if (common.has((written.value ?? '').toLowerCase()))
      yield { outcome: 'fail', message: "the administrator's password is one of everybody's examples", at };
    else if (written.interpolations === undefined)
      yield { outcome: 'fail', message: "the administrator's password stands in the Compose file", at };
    else
      yield { outcome: 'unknown', message: 'the password comes from a variable, and the server may hold another', at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'log in with a known password',
    assess: askServers(function* ({ knownLogins }) {
      if (!knownLogins.known) {
        yield unanswered(knownLogins);
        return;
      }
      const { accepted } = knownLogins.value;
      for (const user of accepted)
        yield { outcome: 'fail', message: `${user} logs in with a password that is no secret`, key: user };
      if (accepted.length === 0) yield { outcome: 'pass', message: 'took no known login' };
    }),
  },
};
