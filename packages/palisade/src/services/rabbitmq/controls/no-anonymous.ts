import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isFourOrLater } from '../image.ts';
import { readSettings, settingsBelow } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Q05: nobody is let in without saying who it is. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/no-anonymous',
  aliases: ['Q05'],
  title: 'RabbitMQ lets nobody in anonymously',
  severity: 'high',
  rationale:
    'Versions from 4.0 on offer the mechanism ANONYMOUS by default, and make an administrator of who takes it.',
  fix: 'Name the mechanisms: auth_mechanisms.1 = PLAIN.',
  references: [documentation('access-control', 'Anonymous Login')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const read = readSettings(stack, service);
    if (read.state === 'unknown') {
      yield { outcome: 'unknown', message: read.why, at: read.at };
      return;
    }
    const named = settingsBelow(read, 'auth_mechanisms');
    const anonymous = named.find(({ value }) => value.toUpperCase() === 'ANONYMOUS');
    const user = read.settings.findLast(({ name }) => name === 'anonymous_login_user');
    if (anonymous !== undefined)
      yield { outcome: 'fail', message: 'the mechanism ANONYMOUS is named', at: anonymous.at, key: 'ANONYMOUS' };
    else if (named[0] !== undefined)
      yield { outcome: 'pass', message: 'no mechanism lets anybody in without a password', at: named[0].at };
    else if (user?.value === 'none') yield { outcome: 'pass', message: 'nobody is anonymous', at: user.at };
    else if (isFourOrLater(service))
      yield { outcome: 'fail', message: 'the mechanism ANONYMOUS is on by default', at: read.at, key: 'ANONYMOUS' };
    else yield { outcome: 'pass', message: 'the version does not offer ANONYMOUS by default', at: read.at };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'log in without a name',
    assess: askServers(function* ({ anonymous, settings }) {
      if (anonymous.known && anonymous.value === 'accepted')
        yield { outcome: 'fail', message: 'let somebody in without a name', key: 'ANONYMOUS' };
      else if (settings.known && settings.value.mechanisms.includes('ANONYMOUS'))
        yield { outcome: 'fail', message: 'offers the mechanism ANONYMOUS', key: 'ANONYMOUS' };
      else if (!anonymous.known) yield unanswered(anonymous);
      else yield { outcome: 'pass', message: 'turned away who did not say a name' };
    }),
  },
};
