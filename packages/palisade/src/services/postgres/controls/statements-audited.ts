import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

const classes = ['write', 'ddl', 'role'];

const words = (value: string): readonly string[] =>
  value
    .toLowerCase()
    .split(',')
    .map((word) => word.trim());

/** Classes that are missing from `pgaudit.log`; `all, -write` leaves write out. */
const missing = (value: string): readonly string[] => {
  const named = words(value);
  return classes.filter((name) => named.includes(`-${name}`) || !(named.includes(name) || named.includes('all')));
};

/** P13: what changes data, structure and rights is in the audit log. */
export const control: Control<'postgres'> = {
  id: 'postgres/statements-audited',
  aliases: ['P13'],
  title: 'PostgreSQL audits writes, structure and roles with pgAudit',
  severity: 'medium',
  rationale:
    'Without an audit of statements nobody can tell afterwards which rows an intruder changed, or which rights he gave himself.',
  fix: "Load pgaudit through shared_preload_libraries and set pgaudit.log = 'write, ddl, role'; the image has to hold the extension.",
  references: [
    cisPostgres('3.2'),
    documentation('runtime-config-client'),
    { source: 'pgAudit', url: 'https://github.com/pgaudit/pgaudit' },
  ],
  checklist: ['database-audit'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const libraries = setting('shared_preload_libraries');
    if (libraries.state !== 'set' || !words(libraries.value).includes('pgaudit')) {
      yield* judgeSetting(libraries, '', () => ({ outcome: 'fail', message: 'pgaudit is not loaded', key: 'pgaudit' }));
      return;
    }
    yield* judgeSetting(setting('pgaudit.log'), 'none', (value) => {
      const left = missing(value);
      return left.length === 0
        ? { outcome: 'pass', message: `pgaudit records ${value}` }
        : { outcome: 'fail', message: `pgaudit does not record ${left.join(', ')}`, key: 'pgaudit.log' };
    });
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ settings, auditWrites }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const left = missing(settings.value['pgaudit.log'] ?? 'none');
      if (!words(settings.value['shared_preload_libraries'] ?? '').includes('pgaudit'))
        yield { outcome: 'fail', message: 'pgaudit is not loaded', key: 'pgaudit' };
      else if (left.length > 0)
        yield { outcome: 'fail', message: `pgaudit does not record ${left.join(', ')}`, key: 'pgaudit.log' };
      else if (!auditWrites.known) yield unanswered(auditWrites);
      else
        yield auditWrites.value
          ? { outcome: 'pass', message: 'a statement made for the purpose is in the audit log' }
          : {
              outcome: 'fail',
              message: 'pgaudit is loaded, and a statement made for the purpose is not in the log',
              key: 'silent',
            };
    }),
  },
};
