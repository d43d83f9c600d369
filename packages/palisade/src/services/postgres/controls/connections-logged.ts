import type { Control } from '../../../contracts/control.ts';
import { parseBoolean } from '../configuration-file.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

const names = ['log_connections', 'log_disconnections'] as const;

/** Since version 18 `log_connections` also takes a list of aspects; an empty one is off. */
const isOn = (value: string): boolean =>
  parseBoolean(value) ?? /\b(all|authentication|authorization)\b/.test(value.toLowerCase());

/** P12: who comes and goes is in the log. */
export const control: Control<'postgres'> = {
  id: 'postgres/connections-logged',
  aliases: ['P12'],
  title: 'PostgreSQL logs connections and disconnections',
  severity: 'medium',
  rationale: 'Without a record of who connected from where, a break-in can neither be noticed nor traced.',
  fix: 'Set log_connections = on and log_disconnections = on.',
  references: [cisPostgres('3.1.20'), cisPostgres('3.1.21'), documentation('runtime-config-logging')],
  checklist: ['database-audit'],
  static: askFiles(function* (service, stack) {
    for (const name of names)
      yield* judgeSetting(settingsOf(stack, service)(name), 'off', (value) =>
        isOn(value)
          ? { outcome: 'pass', message: `${name} is on` }
          : { outcome: 'fail', message: `${name} is off`, key: name },
      );
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const off = names.filter((name) => !isOn(settings.value[name] ?? ''));
      for (const name of off) yield { outcome: 'fail', message: `${name} is off`, key: name };
      if (off.length === 0) yield { outcome: 'pass', message: 'connections and disconnections are logged' };
    }),
  },
};
