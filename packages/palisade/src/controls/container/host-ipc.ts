import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C10: no container shares the IPC or UTS namespace of the host. */
export const control: Control<'container'> = {
  id: 'container/host-ipc',
  aliases: ['C10'],
  title: 'No container shares memory or the host name with the host',
  severity: 'medium',
  rationale:
    "In the host's IPC namespace a container reads and writes the shared memory of other programs; in its UTS namespace it can rename the host.",
  fix: 'Remove `ipc: host` and `uts: host`.',
  references: [cisDocker('5.17'), cisDocker('5.21'), composeService('ipc'), composeService('uts')],
  static: askEachService({
    sound: 'has IPC and UTS namespaces of its own',
    *faults({ name, ipc, uts }, stack) {
      for (const [key, setting] of [
        ['ipc', ipc],
        ['uts', uts],
      ] as const)
        if (setting?.value === 'host')
          yield {
            message: `${name} shares the ${key.toUpperCase()} namespace of the host`,
            at: setting.at,
            key,
            remedy: removeServiceKey(stack, name, [key]),
          };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine gave it IPC and UTS namespaces of its own',
      *faults({ hostNamespaces }, { name }) {
        for (const key of ['ipc', 'uts'] as const)
          if (hostNamespaces.includes(key))
            yield { message: `the engine gave ${name} the ${key.toUpperCase()} namespace of the host`, key };
      },
    }),
  },
};
