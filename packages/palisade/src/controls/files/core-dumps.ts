import type { Control } from '../../contracts/control.ts';
import { setServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService, vaultHardening } from '../references.ts';

/** F05: a crash writes no memory to disk. */
export const control: Control = {
  id: 'files/core-dumps',
  aliases: ['F05'],
  title: 'Core dumps are off',
  severity: 'low',
  rationale:
    'A core dump is the memory of the process in a file: passwords, keys and the data of users, for whoever makes the process crash and reads the disk.',
  fix: 'Set `ulimits: { core: 0 }`.',
  references: [vaultHardening, cisDocker('5.19'), composeService('ulimits')],
  static: askEachService({
    sound: 'writes no core dump',
    *faults({ name, at, ulimits }, stack) {
      const core = ulimits.get('core');
      if (core !== undefined && core.value.soft === 0 && core.value.hard === 0) return;
      yield {
        message: core === undefined ? `${name} may write core dumps` : `${name} allows core dumps`,
        at: core?.at ?? at,
        remedy: setServiceKey(stack, name, ['ulimits', 'core'], 0),
      };
    },
  }),
};
