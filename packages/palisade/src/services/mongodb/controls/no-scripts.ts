import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual, securityChecklist } from '../references.ts';

/** G07: the server runs no JavaScript of its clients. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/no-scripts',
  aliases: ['G07'],
  title: 'MongoDB runs no JavaScript',
  severity: 'medium',
  rationale:
    'Through $where, $function and mapReduce a text that slips into a query becomes a program in the server: it reads what the query should not and keeps the processor busy.',
  fix: 'Set security.javascriptEnabled to false, where no consumer uses $where, $function, $accumulator or mapReduce.',
  references: [securityChecklist, manual('core/server-side-javascript')],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('security.javascriptEnabled');
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    else if (valueOf(setting, 'true') === 'false')
      yield { outcome: 'pass', message: 'JavaScript is off', at: setting.at };
    else yield { outcome: 'fail', message: 'JavaScript of clients is run', at: setting.at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'run JavaScript in a query',
    assess: askServers(function* ({ scripts }) {
      if (!scripts.known) yield unanswered(scripts);
      else if (scripts.value === 'refused') yield { outcome: 'pass', message: 'refused a query with JavaScript' };
      else yield { outcome: 'fail', message: 'carried out a query with JavaScript' };
    }),
  },
};
