import type { Control } from '../../contracts/control.ts';
import { limit, limitPlace } from '../limits.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C13: processor time is limited. */
export const control: Control<'container'> = {
  id: 'container/cpu-limit',
  aliases: ['C13'],
  title: 'Processor time is limited',
  severity: 'low',
  rationale: 'Without a limit one busy or hijacked service, a coin miner for example, starves every other one.',
  fix: 'Set `deploy.resources.limits.cpus` (or `cpus`).',
  references: [cisDocker('5.12'), composeService('cpus')],
  static: askEachService({
    sound: 'has a processor limit',
    *faults(service, stack) {
      const { name, limits } = service;
      if (limits.cpus !== undefined && limits.cpus.value > 0) return;
      yield {
        message: `${name} may take all processors of the host`,
        at: limitPlace(service, 'cpus'),
        remedy: limit(stack, service, 'cpus'),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine limits its processor time',
      *faults({ limits }, { name }) {
        if (limits.cpus === 0)
          yield { message: `the engine sets no limit: ${name} may take all processors of the host` };
      },
    }),
  },
};
