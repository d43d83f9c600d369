import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** P08: a role that may log in has a password. */
export const control: Control<'postgres'> = {
  id: 'postgres/passwords-set',
  aliases: ['P08'],
  title: 'Every login role of PostgreSQL has a password',
  severity: 'high',
  rationale: 'A role without a password is one line of pg_hba.conf away from being open to all, and cannot be rotated.',
  fix: 'Give the role a password, or take LOGIN from it; palisade harden does it for the roles that it knows.',
  references: [cisPostgres('4.10'), documentation('auth-password')],
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ roles }) {
      if (!roles.known) {
        yield unanswered(roles);
        return;
      }
      const open = roles.value.filter(({ canLogin, password }) => canLogin && password === 'none');
      for (const { name } of open)
        yield { outcome: 'fail', message: `${name} may log in and has no password`, key: name, byFiles: false };
      if (open.length === 0) yield { outcome: 'pass', message: 'every role that may log in has a password' };
    }),
  },
};
