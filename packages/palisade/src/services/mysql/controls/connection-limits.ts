import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered, type Verdict } from '../question.ts';
import { manual } from '../references.ts';

/** Connections of a server that nobody has thought about. Source: MySQL and MariaDB, default of max_connections. */
const byDefault = 151;

const judge = (user: number, all: number): Omit<Verdict & { readonly outcome: 'pass' | 'fail' }, 'at'> => {
  if (user === 0) return { outcome: 'fail', message: `one account may take all of the ${all} connections` };
  if (user >= all) return { outcome: 'fail', message: `an account may take ${user} connections, and there are ${all}` };
  return { outcome: 'pass', message: `an account may take ${user} of ${all} connections` };
};

/** M10: no account takes all connections. */
export const control: Control<'mysql'> = {
  id: 'mysql/connection-limits',
  aliases: ['M10'],
  title: 'MySQL limits the connections of each account',
  severity: 'medium',
  rationale:
    'One client with a fault, or one stolen login, takes all connections of a server without limits, and everybody else is turned away.',
  fix: 'Set max_connections, max_user_connections below it, and MAX_USER_CONNECTIONS for every account.',
  references: [manual('user-resources'), manual('server-system-variables', 'sysvar_max_user_connections')],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const [all, user] = [setting('max_connections'), setting('max_user_connections')];
    for (const each of [all, user])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    const numbers = [Number(valueOf(user, '0')), Number(valueOf(all, String(byDefault)))] as const;
    yield { ...judge(...numbers), at: user.state === 'set' ? user.at : all.at };
  }),
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ settings, accounts }) {
      for (const answer of [settings, accounts])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const values = settings.known ? settings.value : {};
      const [user, all] = [Number(values['max_user_connections']), Number(values['max_connections'])];
      if (!Number.isInteger(user) || !Number.isInteger(all)) {
        yield { outcome: 'unknown', message: 'the server does not tell its limits' };
        return;
      }
      const unlimited = (accounts.known ? accounts.value : []).filter(
        ({ connections, locked }) => !locked && connections >= all,
      );
      for (const each of unlimited)
        yield {
          outcome: 'fail',
          message: `${each.user} may take ${each.connections} connections, and there are ${all}`,
          key: `${each.user}@${each.host}`,
          byFiles: false,
        };
      if (unlimited.length === 0) yield judge(user, all);
    }),
  },
};
