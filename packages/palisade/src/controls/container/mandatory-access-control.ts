import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const weakens = (option: string): boolean =>
  /^(?:apparmor[:=]unconfined|label[:=]disable|systempaths[:=]unconfined)$/.test(option);

/** C06: AppArmor and SELinux stay on. */
export const control: Control = {
  id: 'container/mandatory-access-control',
  aliases: ['C06'],
  title: 'AppArmor and SELinux stay on',
  severity: 'medium',
  rationale:
    'Mandatory access control is the second wall behind the permission bits: without it a process that became root in the container meets only the first.',
  fix: 'Delete the `security_opt` entry that switches AppArmor, SELinux or the masking of system paths off.',
  references: [cisDocker('5.2'), cisDocker('5.3'), composeService('security_opt')],
  static: askEachService({
    sound: 'keeps its mandatory access control',
    *faults({ name, securityOpt }, stack) {
      for (const [position, { value, at }] of securityOpt.entries())
        if (weakens(value))
          yield {
            message: `${name} runs with ${value}`,
            at,
            key: value,
            remedy: removeServiceKey(stack, name, ['security_opt', position]),
          };
    },
  }),
};
