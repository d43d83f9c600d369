import type { Control } from '../../contracts/control.ts';
import { limit, limitPlace } from '../limits.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C12: memory is limited. */
export const control: Control<'container'> = {
  id: 'container/memory-limit',
  aliases: ['C12'],
  title: 'Memory is limited',
  severity: 'medium',
  rationale:
    'Without a limit one service that leaks or is flooded takes the memory of the host, and the kernel kills whichever process it likes: the database, as a rule.',
  fix: 'Set `deploy.resources.limits.memory` (or `mem_limit`) to what the service needs at its peak.',
  references: [cisDocker('5.11'), composeService('mem_limit')],
  static: askEachService({
    sound: 'has a memory limit',
    *faults(service, stack) {
      const { name, limits } = service;
      if (limits.memory !== undefined && limits.memory.value > 0) return;
      yield {
        message: `${name} may take all memory of the host`,
        at: limitPlace(service, 'memory'),
        remedy: limit(stack, service, 'memory'),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine limits its memory',
      *faults({ limits }, { name }) {
        if (limits.memory === 0) yield { message: `the engine sets no limit: ${name} may take all memory of the host` };
      },
    }),
  },
};
