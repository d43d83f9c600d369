import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R06: nobody but the administrator may administer. */
export const control: Control<'redis'> = {
  id: 'redis/few-powerful-accounts',
  aliases: ['R06'],
  title: 'No account of Redis but the administrator may do everything',
  severity: 'medium',
  rationale:
    'The account default may do everything until somebody narrows it: an application that uses it can empty the server, read its configuration and make accounts.',
  fix: 'Give every consumer an account with the commands that it needs, and turn default off; palisade harden does both.',
  references: [documentation('security/acl')],
  checklist: ['least-privilege-policies'],
  live: {
    needs: ['redis'],
    attack: 'administer the server without an account',
    assess: askServers(function* ({ accounts, plaintext, withoutCertificate, withCertificate }) {
      const ways = [plaintext, withoutCertificate, withCertificate];
      const carriedOut = new Set(ways.flatMap((answer) => (answer.known ? answer.value.carriedOut : [])));
      if (carriedOut.size > 0) {
        yield { outcome: 'fail', message: `carried out ${[...carriedOut].join(', ')} for a caller without an account` };
        return;
      }
      for (const answer of [accounts, ...ways])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const powerful = (accounts.known ? accounts.value : []).filter((account) => account.on && account.powerful);
      for (const { name } of powerful)
        yield { outcome: 'fail', message: `${name} may administer the server`, key: name };
      if (powerful.length === 0)
        yield { outcome: 'pass', message: 'the administrator alone may administer the server' };
    }),
  },
};
