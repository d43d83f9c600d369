import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R05: the safety net for a server that is open by mistake. */
export const control: Control<'redis'> = {
  id: 'redis/protected-mode',
  aliases: ['R05'],
  title: 'The protected mode of Redis is on',
  severity: 'high',
  rationale: 'It refuses callers from other hosts where an edit has left the server without a password.',
  fix: 'Set protected-mode yes.',
  references: [documentation('security')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('protected-mode');
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    // The official image turns it off where no configuration is given.
    else if (setting.state === 'default' && service.command === undefined)
      yield { outcome: 'fail', message: 'the image turns it off where no configuration is given', at: setting.at };
    else if (valueOf(setting, 'yes') === 'yes')
      yield { outcome: 'pass', message: 'protected-mode is on', at: setting.at };
    else yield { outcome: 'fail', message: 'protected-mode is off', at: setting.at };
  }),
  live: {
    needs: ['redis'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) yield unanswered(settings);
      else if (settings.value['protected-mode'] === undefined)
        yield { outcome: 'unknown', message: 'the server does not say whether protected-mode is on' };
      else if (settings.value['protected-mode'] === 'yes') yield { outcome: 'pass', message: 'protected-mode is on' };
      else yield { outcome: 'fail', message: 'protected-mode is off' };
    }),
  },
};
