import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isOn } from '../option-file.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** M08: accounts and rights count. */
export const control: Control<'mysql'> = {
  id: 'mysql/grant-tables-on',
  aliases: ['M08'],
  title: 'MySQL asks its accounts and their rights',
  severity: 'critical',
  rationale: 'With skip_grant_tables, which is for lost passwords, everybody who connects may do everything.',
  fix: 'Remove skip-grant-tables from the options and the command.',
  references: [manual('server-options', 'option_mysqld_skip-grant-tables')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    yield* judgeSetting(settingsOf(stack, service)('skip_grant_tables'), 'OFF', (value) =>
      isOn(value)
        ? { outcome: 'fail', message: 'skip_grant_tables lets everybody do everything' }
        : { outcome: 'pass', message: 'accounts and their rights are asked' },
    );
  }),
  live: {
    needs: ['mysql'],
    attack: 'do everything under any name',
    assess: askServers(function* ({ nobody, accounts }) {
      if (nobody.known && Object.values(nobody.value).includes('let-in')) {
        // An account without a name does the same; where there is none, nobody is asked at all.
        const explained = accounts.known && accounts.value.some(({ user, locked }) => user === '' && !locked);
        yield explained
          ? { outcome: 'pass', message: 'an account without a name let the stranger in, so accounts are asked' }
          : { outcome: 'fail', message: 'let in a name that nobody has, though there is no account without a name' };
      } else if (nobody.known) yield { outcome: 'pass', message: 'refused a name that nobody has' };
      else yield unanswered(nobody);
    }),
  },
};
