import type { Control } from '../../../contracts/control.ts';
import { consumersOf, writtenDatabases } from '../consumers.ts';
import '../evidence.ts';
import { parseList } from '../ini.ts';
import { askFiles, askPoolers } from '../observe.ts';
import { manual } from '../references.ts';

/** B04: applications have no way to the console. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/console-apart',
  aliases: ['B04'],
  title: "PgBouncer's console is closed to applications",
  severity: 'high',
  rationale:
    'The console changes settings, pauses and ends every connection, and shows who else is there. An application that may open it takes the database away from all the others.',
  fix: 'Give admin_users and stats_users accounts that no application has, and never use auth_type any.',
  references: [manual('admin_users'), manual('stats_users')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* ({ setting }, service, stack) {
    const type = setting('auth_type');
    const applications = new Set([
      ...consumersOf(stack, service).flatMap(({ name, formerUser }) => [name, formerUser ?? name]),
      ...writtenDatabases(stack, service).flatMap(({ user }) => user ?? []),
    ]);
    if (type.value === 'any')
      yield { outcome: 'fail', message: 'auth_type any opens the console to everybody', at: type.at, key: 'auth_type' };
    let apart = true;
    for (const name of ['admin_users', 'stats_users']) {
      const { value, at } = setting(name);
      const shared = parseList(value).filter((user) => applications.has(user));
      if (shared.length === 0) continue;
      apart = false;
      yield { outcome: 'fail', message: `${name} holds ${shared.join(', ')}, which applications use`, at, key: name };
    }
    if (apart && type.value !== 'any')
      yield {
        outcome: 'pass',
        message: 'no account of an application is among those of the console',
        at: setting('admin_users').at,
      };
  }),
  live: {
    needs: ['pgbouncer'],
    attack: 'open the console with the account of an application',
    assess: askPoolers(
      ({ console, settings }) =>
        console.known
          ? settings.known
            ? { known: true, value: { console: console.value, settings: settings.value } }
            : settings
          : console,
      function* ({ console, settings }) {
        const open = console.filter(({ reply }) => reply === 'trust').map(({ user }) => user);
        const admins = [settings['admin_users'], settings['stats_users']].flatMap((list) => parseList(list ?? ''));
        const shared = console.map(({ user }) => user).filter((user) => admins.includes(user));
        if (open.length > 0)
          yield { outcome: 'fail', message: `opens the console to ${open.join(', ')} without a password`, key: 'open' };
        else if (shared.length > 0)
          yield {
            outcome: 'fail',
            message: `the console is open to ${[...new Set(shared)].join(', ')}`,
            key: 'shared',
          };
        else yield { outcome: 'pass', message: 'no account of an application opens the console' };
      },
    ),
  },
};
