import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** More than this part of the memory leaves too little for the machine's own garbage collection. */
const most = 0.7;

/** The node slows publishers down before it is out of memory. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/memory-watermark',
  aliases: ['Q10'],
  title: 'RabbitMQ slows publishers down before it is out of memory',
  severity: 'medium',
  rationale:
    'Without a watermark that leaves room, one publisher fills the memory, and the kernel ends the node with everybody on it.',
  fix: 'Set vm_memory_high_watermark.relative to 0.4 up to 0.7.',
  references: [checklist('Memory'), documentation('memory', 'Memory Threshold')],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const relative = setting('vm_memory_high_watermark.relative');
    const absolute = setting('vm_memory_high_watermark.absolute');
    if (relative.state === 'unknown') yield { outcome: 'unknown', message: relative.why, at: relative.at };
    else if (relative.state === 'set')
      yield Number(relative.value) > 0 && Number(relative.value) <= most
        ? { outcome: 'pass', message: `slows down at ${relative.value} of the memory`, at: relative.at }
        : {
            outcome: 'fail',
            message: `slows down at ${relative.value} of the memory`,
            at: relative.at,
            key: 'relative',
          };
    else if (absolute.state === 'set')
      yield { outcome: 'pass', message: `slows down at ${absolute.value}`, at: absolute.at };
    else yield { outcome: 'pass', message: 'the watermark of the server holds', at: relative.at };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const { memoryWatermark } = settings.value;
      if (memoryWatermark === null) yield { outcome: 'unknown', message: 'the server does not say its watermark' };
      // More than 1 is a number of bytes.
      else if (memoryWatermark > 0 && (memoryWatermark <= most || memoryWatermark > 1))
        yield { outcome: 'pass', message: 'slows publishers down while there is memory left' };
      else yield { outcome: 'fail', message: `slows down at ${memoryWatermark} of the memory`, key: 'relative' };
    }),
  },
};
