import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** P09: passwords that everybody knows do not work. */
export const control: Control<'postgres'> = {
  id: 'postgres/no-default-passwords',
  aliases: ['P09'],
  title: 'No default or written-down password logs in to PostgreSQL',
  severity: 'critical',
  rationale:
    'Default passwords are the first that an attacker tries, and one that stands in a Compose file is known to whoever has ever seen the repository.',
  fix: 'Keep the password in Vault, set it anew in the database, and take it out of the files; palisade harden does all three.',
  references: [cisPostgres('5.4'), documentation('auth-password')],
  live: {
    needs: ['postgres'],
    attack: 'log in with a default password',
    assess: askServers(function* ({ defaultLogins }) {
      if (!defaultLogins.known) {
        yield unanswered(defaultLogins);
        return;
      }
      const { accepted, tried } = defaultLogins.value;
      for (const user of accepted)
        yield {
          outcome: 'fail',
          message: `${user} logs in with a password that is no secret`,
          key: user,
          byFiles: false,
        };
      if (accepted.length === 0)
        yield {
          outcome: 'pass',
          message:
            tried === 0
              ? 'no user with a known password gets as far as being asked for it'
              : `refused all of ${tried} known passwords`,
        };
    }),
  },
};
