import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { baseline, manual } from '../references.ts';

/** M02: nobody gets in without a name. */
export const control: Control<'mysql'> = {
  id: 'mysql/no-anonymous-account',
  aliases: ['M02'],
  title: 'MySQL has no anonymous account',
  severity: 'critical',
  rationale:
    'An account without a name lets in whoever comes, under any name, and hides the accounts that are meant to be used.',
  fix: "Drop the accounts whose user is empty (DROP USER ''@'…'); palisade harden and up do it.",
  references: [manual('default-privileges'), baseline],
  checklist: ['endpoint-authentication'],
  live: {
    needs: ['mysql'],
    attack: 'log in without a name',
    assess: askServers(function* ({ nobody, accounts }) {
      const letIn = nobody.known && Object.values(nobody.value).includes('let-in');
      const nameless = accounts.known ? accounts.value.filter(({ user, locked }) => user === '' && !locked) : [];
      if (letIn) yield { outcome: 'fail', message: 'let in a name that nobody has, without a password' };
      for (const { host } of letIn ? [] : nameless)
        yield { outcome: 'fail', message: `has an account without a name for ${host}`, key: host };
      if (letIn || nameless.length > 0) return;
      for (const answer of [nobody, accounts])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      yield { outcome: 'pass', message: 'refused a name that nobody has, and has no account without a name' };
    }),
  },
};
