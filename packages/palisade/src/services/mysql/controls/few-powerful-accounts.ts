import type { Control } from '../../../contracts/control.ts';
import { administrator } from '../consumers.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { baseline, manual } from '../references.ts';

/** Nobody but the administrator may administer. */
export const control: Control<'mysql'> = {
  id: 'mysql/few-powerful-accounts',
  aliases: [],
  title: 'No account of MySQL but the administrator may administer it',
  severity: 'medium',
  rationale:
    'An application with SUPER, FILE or GRANT OPTION turns an injected statement into other accounts, files of the server and its end.',
  fix: 'Revoke what an application does not need; palisade harden and up give every consumer its rights and no others.',
  references: [manual('privileges-provided'), baseline],
  checklist: ['least-privilege-policies'],
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ accounts }) {
      if (!accounts.known) {
        yield unanswered(accounts);
        return;
      }
      const powerful = accounts.value.filter(
        ({ user, host, locked, powers }) =>
          powers.length > 0 && !locked && !(user === administrator.user && host === administrator.host),
      );
      for (const { user, host, powers } of powerful)
        yield {
          outcome: 'fail',
          message: `${user} of ${host} has ${powers.join(', ')}`,
          key: `${user}@${host}`,
          byFiles: false,
        };
      if (powerful.length === 0)
        yield { outcome: 'pass', message: 'the administrator alone may administer the server' };
    }),
  },
};
