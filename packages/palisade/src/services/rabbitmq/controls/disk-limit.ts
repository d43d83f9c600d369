import type { Control } from '../../../contracts/control.ts';
import { leastFree, sizeOf } from '../configuration.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

const least = sizeOf(leastFree);

/** Q08: the node stops taking messages in before its disk is full. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/disk-limit',
  aliases: ['Q08'],
  title: 'RabbitMQ stops taking messages in while there is space left',
  severity: 'medium',
  rationale:
    'By default it stops at 50 MB: one client that floods a queue fills the disk of the host, and the node cannot even write down what it has.',
  fix: 'Set disk_free_limit.absolute = 2GB, or disk_free_limit.relative to 1.0 and more.',
  references: [checklist('Free Disk Space'), documentation('disk-alarms')],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const absolute = setting('disk_free_limit.absolute');
    const relative = setting('disk_free_limit.relative');
    if (absolute.state === 'unknown') yield { outcome: 'unknown', message: absolute.why, at: absolute.at };
    else if (absolute.state === 'set' && Number.isNaN(sizeOf(absolute.value)))
      yield { outcome: 'unknown', message: 'disk_free_limit.absolute is no size', at: absolute.at };
    else if (absolute.state === 'set')
      yield sizeOf(absolute.value) >= least
        ? { outcome: 'pass', message: `stops at ${absolute.value}`, at: absolute.at }
        : { outcome: 'fail', message: `stops at ${absolute.value}`, at: absolute.at, key: 'disk_free_limit' };
    else if (relative.state === 'set')
      yield Number(relative.value) >= 1
        ? { outcome: 'pass', message: 'keeps as much free as it has memory', at: relative.at }
        : {
            outcome: 'fail',
            message: `keeps ${relative.value} of its memory free`,
            at: relative.at,
            key: 'disk_free_limit',
          };
    else yield { outcome: 'fail', message: 'stops at 50 MB', at: absolute.at, key: 'disk_free_limit' };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) yield unanswered(settings);
      else if (settings.value.diskFreeLimit >= least)
        yield { outcome: 'pass', message: `stops at ${Math.round(settings.value.diskFreeLimit / 1_000_000)} MB` };
      else
        yield {
          outcome: 'fail',
          message: `stops at ${Math.round(settings.value.diskFreeLimit / 1_000_000)} MB`,
          key: 'disk_free_limit',
        };
    }),
  },
};
