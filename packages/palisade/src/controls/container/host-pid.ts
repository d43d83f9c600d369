import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C09: no container shares the process table of the host. */
export const control: Control<'container'> = {
  id: 'container/host-pid',
  aliases: ['C09'],
  title: 'No container shares the process table of the host',
  severity: 'high',
  rationale:
    'In the process namespace of the host a container sees every command line and environment, and may signal or trace the processes of others.',
  fix: 'Remove `pid: host`.',
  references: [cisDocker('5.16'), composeService('pid')],
  static: askEachService({
    sound: 'has a namespace of its own',
    *faults({ name, pid }, stack) {
      if (pid?.value !== 'host') return;
      yield {
        message: `${name} sees and may signal every process of the host`,
        at: pid.at,
        remedy: removeServiceKey(stack, name, ['pid']),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine gave it a process table of its own',
      *faults({ hostNamespaces }, { name }) {
        if (hostNamespaces.includes('pid')) yield { message: `the engine gave ${name} the process table of the host` };
      },
    }),
  },
};
