import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C11: no container leaves the user namespace of the engine. */
export const control: Control = {
  id: 'container/user-namespace',
  aliases: ['C11'],
  title: 'No container leaves the user namespace of the engine',
  severity: 'medium',
  rationale:
    "Where the engine maps root to an unprivileged account, `userns_mode: host` makes the container's root the root of the host again.",
  fix: 'Remove `userns_mode: host`.',
  references: [cisDocker('5.31'), composeService('userns_mode')],
  static: askEachService({
    sound: 'has a namespace of its own',
    *faults({ name, usernsMode }, stack) {
      if (usernsMode?.value !== 'host') return;
      yield {
        message: `${name} leaves the user namespace that the engine maps it into`,
        at: usernsMode.at,
        remedy: removeServiceKey(stack, name, ['userns_mode']),
      };
    },
  }),
};
