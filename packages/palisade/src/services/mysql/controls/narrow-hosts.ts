import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { baseline, manual } from '../references.ts';

/** Host parts that fit every address. */
const everywhere = /^(?:|%+|0\.0\.0\.0\/0(?:\.0\.0\.0)?|::\/0)$/;

/** M05: an account says where it may come from. */
export const control: Control<'mysql'> = {
  id: 'mysql/narrow-hosts',
  aliases: ['M05'],
  title: 'Accounts of MySQL say where they may come from',
  severity: 'medium',
  rationale:
    'An account for every host can be used from any place that reaches the port, with nothing but its password.',
  fix: 'Give accounts the addresses or networks of their consumers instead of %; palisade harden and up do it.',
  references: [manual('account-names'), baseline],
  checklist: ['network-policies'],
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ accounts }) {
      if (!accounts.known) {
        yield unanswered(accounts);
        return;
      }
      const wide = accounts.value.filter(({ host, locked }) => everywhere.test(host) && !locked);
      for (const { user, host } of wide)
        yield {
          outcome: 'fail',
          message: `${user === '' ? 'an account without a name' : user} may come from every host`,
          key: `${user}@${host}`,
          byFiles: false,
        };
      if (wide.length === 0) yield { outcome: 'pass', message: 'no account may come from every host' };
    }),
  },
};
