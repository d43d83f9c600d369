import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** G11: who came in is written down. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/logins-logged',
  aliases: ['G11'],
  title: 'MongoDB logs connections and logins',
  severity: 'medium',
  rationale:
    'Without them nobody sees that a password is being guessed, or that a stolen one was used. The community server has no audit log of single operations: that needs MongoDB Enterprise, or another server with auditLog.',
  fix: 'Leave systemLog.quiet off; where single operations have to be audited, use a server that has auditLog.',
  references: [manual('reference/configuration-options'), manual('core/auditing')],
  checklist: ['database-audit'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const [quiet, audit] = [setting('systemLog.quiet'), setting('auditLog.destination')];
    if (quiet.state === 'unknown') yield { outcome: 'unknown', message: quiet.why, at: quiet.at };
    else if (valueOf(quiet, 'false') === 'true')
      yield { outcome: 'fail', message: 'systemLog.quiet leaves connections out of the log', at: quiet.at };
    else if (audit.state === 'set')
      yield { outcome: 'pass', message: 'has an audit log, and logs connections and logins', at: audit.at };
    else yield { outcome: 'pass', message: 'logs connections and logins; single operations it does not', at: quiet.at };
  }),
  live: {
    needs: ['mongodb'],
    assess: askServers(function* ({ parameters }) {
      if (!parameters.known) yield unanswered(parameters);
      else if (parameters.value['quiet'] === undefined)
        yield { outcome: 'unknown', message: 'the server does not say whether its log is quiet' };
      else if (parameters.value['quiet'] === 'true')
        yield { outcome: 'fail', message: 'leaves connections out of its log' };
      else yield { outcome: 'pass', message: 'logs connections and logins' };
    }),
  },
};
