import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C01: no service runs as a privileged container. */
export const control: Control<'container'> = {
  id: 'container/privileged',
  aliases: ['C01'],
  title: 'No container is privileged',
  severity: 'critical',
  rationale:
    'A privileged container has every capability and every device of the host: whoever takes over its process owns the machine.',
  fix: 'Remove `privileged: true`; grant the one capability or device that the service needs instead.',
  references: [cisDocker('5.5'), composeService('privileged')],
  static: askEachService({
    sound: 'not privileged',
    *faults({ name, privileged }, stack) {
      if (privileged?.value !== true) return;
      yield {
        message: `${name} runs privileged, with every capability and device of the host`,
        at: privileged.at,
        remedy: removeServiceKey(stack, name, ['privileged']),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine runs it unprivileged',
      *faults({ privileged }, { name }) {
        if (privileged) yield { message: `the engine runs ${name} privileged` };
      },
    }),
  },
};
