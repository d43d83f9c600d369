import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { readSettings } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Q02: guest, where it exists or comes back, is let in from loopback alone. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/guest-on-loopback',
  aliases: ['Q02'],
  title: 'The user guest may come from loopback alone',
  severity: 'high',
  rationale:
    'The server ships with this limit because the password of guest is known to everybody; the official image lifts it, and so do many tutorials.',
  fix: 'Set loopback_users.guest = true, in a file that is read after those of the image.',
  references: [documentation('access-control', '"guest" user can only connect from localhost')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const read = readSettings(stack, service);
    if (read.state === 'unknown') {
      yield { outcome: 'unknown', message: read.why, at: read.at };
      return;
    }
    const last = read.settings.findLast(({ name }) => name === 'loopback_users' || name === 'loopback_users.guest');
    const ofImage = last !== undefined && last.at === (service.image?.at ?? service.at);
    if (last === undefined) yield { outcome: 'pass', message: 'the limit of the server holds', at: read.at };
    else if (last.name === 'loopback_users.guest' && last.value === 'true')
      yield { outcome: 'pass', message: 'guest may come from loopback alone', at: last.at };
    else
      yield {
        outcome: 'fail',
        message: ofImage ? 'the image lets guest come from everywhere' : `${last.name} is ${last.value}`,
        at: last.at,
        key: 'loopback_users',
      };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) yield unanswered(settings);
      else if (settings.value.loopbackUsers.includes('guest'))
        yield { outcome: 'pass', message: 'guest may come from loopback alone' };
      else yield { outcome: 'fail', message: 'guest may come from everywhere', key: 'loopback_users' };
    }),
  },
};
