import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C19: no service chooses its own place in the tree of control groups. */
export const control: Control = {
  id: 'container/cgroup-parent',
  aliases: ['C19'],
  title: 'Containers stay in the control group of the engine',
  severity: 'low',
  rationale:
    'A container below another control group escapes the limits that the administrator set for the engine, or shares those of another program.',
  fix: 'Remove `cgroup_parent`.',
  references: [cisDocker('5.25'), composeService('cgroup_parent')],
  static: askEachService({
    sound: 'stays in the control group of the engine',
    *faults({ name, cgroupParent }, stack) {
      if (cgroupParent === undefined || cgroupParent.value === '') return;
      yield {
        message: `${name} is put below the control group ${cgroupParent.value}`,
        at: cgroupParent.at,
        remedy: removeServiceKey(stack, name, ['cgroup_parent']),
      };
    },
  }),
};
