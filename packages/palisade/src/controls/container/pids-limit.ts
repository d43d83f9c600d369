import type { Control } from '../../contracts/control.ts';
import { limit, limitPlace } from '../limits.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C14: the number of processes is limited. */
export const control: Control<'container'> = {
  id: 'container/pids-limit',
  aliases: ['C14'],
  title: 'The number of processes is limited',
  severity: 'medium',
  rationale: 'Without a limit a fork bomb in one container takes the process table of the host.',
  fix: 'Set `deploy.resources.limits.pids` (or `pids_limit`).',
  references: [cisDocker('5.29'), composeService('pids_limit')],
  static: askEachService({
    sound: 'has a limit of processes',
    *faults(service, stack) {
      const { name, limits } = service;
      if (limits.pids !== undefined && limits.pids.value > 0) return;
      yield {
        message: `${name} may start any number of processes`,
        at: limitPlace(service, 'pids'),
        remedy: limit(stack, service, 'pids'),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine limits its processes',
      *faults({ limits }, { name }) {
        if (limits.pids === 0) yield { message: `the engine sets no limit: ${name} may start any number of processes` };
      },
    }),
  },
};
