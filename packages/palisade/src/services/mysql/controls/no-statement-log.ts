import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isOn } from '../option-file.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** O03 from the running server, and the log that it is about. */
export const control: Control<'mysql'> = {
  id: 'mysql/no-statement-log',
  aliases: ['O03'],
  title: 'MySQL keeps no log of all statements',
  severity: 'medium',
  rationale:
    'The general log holds every statement with its data; with log_raw, and always on MariaDB, the passwords of CREATE USER and ALTER USER as well.',
  fix: 'Set general_log=OFF, and leave log_raw off.',
  references: [manual('password-logging'), manual('server-options', 'option_mysqld_log-raw')],
  checklist: ['no-debug-logging'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const found = ['general_log', 'log_raw'].map((name) => ({ name, setting: setting(name) }));
    const on = found.filter((each) => isOn(valueOf(each.setting, 'OFF') ?? ''));
    for (const each of found)
      if (each.setting.state === 'unknown') {
        yield { outcome: 'unknown', message: each.setting.why, at: each.setting.at };
        return;
      }
    for (const each of on)
      yield { outcome: 'fail', message: `${each.name} is on`, at: each.setting.at, key: each.name };
    if (on.length === 0)
      yield {
        outcome: 'pass',
        message: 'statements are not logged',
        at: found[0]?.setting.at ?? service.at,
      };
  }),
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const { value } = settings;
      const on = ['general_log', 'log_raw'].filter((name) => isOn(value[name] ?? ''));
      for (const name of on) yield { outcome: 'fail', message: `${name} is on`, key: name };
      if (on.length > 0) return;
      // MariaDB has no log_raw; the general log is what both have.
      yield value['general_log'] === undefined
        ? { outcome: 'unknown', message: 'the server does not tell general_log' }
        : { outcome: 'pass', message: 'statements are not logged' };
    }),
  },
};
