import type { Control } from '../../../contracts/control.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles } from '../question.ts';
import { manual } from '../references.ts';

/** G12: documents do not end up in the log. */
export const control: Control = {
  id: 'mongodb/no-debug-log',
  aliases: ['G12'],
  title: 'MongoDB writes no debug messages',
  severity: 'medium',
  rationale:
    'From the first level of verbosity on the log holds commands with the values in them: personal data goes where logs go, and stays as long as they do.',
  fix: 'Set systemLog.verbosity and those of its components to 0.',
  references: [manual('reference/log-messages')],
  checklist: ['no-debug-logging'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const names = [
      '',
      'accessControl',
      'command',
      'control',
      'network',
      'query',
      'replication',
      'storage',
      'write',
    ].map((component) => (component === '' ? 'systemLog.verbosity' : `systemLog.component.${component}.verbosity`));
    const overall = setting('systemLog.verbosity');
    if (overall.state === 'unknown') {
      yield { outcome: 'unknown', message: overall.why, at: overall.at };
      return;
    }
    const loud = names.filter((name) => Number(valueOf(setting(name), '0')) > 0);
    for (const name of loud)
      yield {
        outcome: 'fail',
        message: `${name} is ${valueOf(setting(name), '0') ?? ''}`,
        at: setting(name).at,
        key: name,
      };
    if (loud.length === 0) yield { outcome: 'pass', message: 'no debug messages are written', at: overall.at };
  }),
};
