import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { productOf } from '../image.ts';
import { isOn } from '../option-file.ts';
import { optionsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { auditPlugin } from '../references.ts';

/** Why MySQL Community cannot pass: its own audit log comes with the Enterprise Edition. */
const community =
  'MySQL Community has no audit plug-in: the error log tells of refused logins, the binary log of changed data, and neither of who changed what';

/** Logins and changes leave a trace. */
export const control: Control<'mysql'> = {
  id: 'mysql/statements-audited',
  aliases: [],
  title: 'MySQL writes down who logs in and what is changed',
  severity: 'medium',
  rationale: 'Without an audit log nobody can tell afterwards who read or changed what, or that somebody tried.',
  fix: 'On MariaDB load server_audit, which palisade harden does; on MySQL use an edition with an audit log (Enterprise, Percona), or MariaDB.',
  references: [
    auditPlugin,
    {
      source: 'MySQL reference manual',
      section: 'MySQL Enterprise Audit',
      url: 'https://dev.mysql.com/doc/refman/8.4/en/audit-log.html',
    },
  ],
  checklist: ['database-audit'],
  static: askFiles(function* (service, stack) {
    const read = optionsOf(stack, service);
    if (read.state === 'unknown') {
      yield { outcome: 'unknown', message: read.why, at: read.at };
      return;
    }
    const plugin = read.options.findLast(
      ({ name, value }) => /^plugin_load(?:_add)?$|^early_plugin_load$/.test(name) && /audit/i.test(value),
    );
    const logging = read.options.findLast(({ name }) => name === 'server_audit_logging');
    const isServerAudit = plugin !== undefined && /server_audit/.test(plugin.value);
    if (plugin !== undefined && (!isServerAudit || (logging !== undefined && isOn(logging.value))))
      yield { outcome: 'pass', message: 'an audit plug-in is loaded and writes', at: plugin.at };
    else if (plugin !== undefined)
      yield { outcome: 'fail', message: 'server_audit is loaded, and server_audit_logging is off', at: plugin.at };
    else if (productOf(service) === 'mariadb')
      yield { outcome: 'fail', message: 'no audit plug-in is loaded', at: read.at };
    else yield { outcome: 'fail', message: community, at: service.image?.at ?? service.at, byFiles: false };
  }),
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ auditors, settings }, service) {
      if (!auditors.known) yield unanswered(auditors);
      else if (auditors.value.length === 0)
        yield productOf(service) === 'mariadb'
          ? { outcome: 'fail', message: 'no audit plug-in is active' }
          : { outcome: 'fail', message: community, byFiles: false };
      else if (!auditors.value.some((name) => /^server_audit$/i.test(name)))
        yield { outcome: 'pass', message: `${auditors.value.join(', ')} is active` };
      else if (!settings.known) yield unanswered(settings);
      else if (isOn(settings.value['server_audit_logging'] ?? ''))
        yield { outcome: 'pass', message: `server_audit writes ${settings.value['server_audit_events'] ?? ''}`.trim() };
      else yield { outcome: 'fail', message: 'server_audit is loaded, and does not write' };
    }),
  },
};
