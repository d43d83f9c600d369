import type { Control } from '../../contracts/control.ts';
import { setServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C18: a service that keeps failing is not started for ever. */
export const control: Control = {
  id: 'container/restart-bound',
  aliases: ['C18'],
  title: 'Restarts are bounded',
  severity: 'low',
  rationale:
    'A service that is restarted without end hides its fault, fills logs and gives an attacker as many tries at a race or a memory layout as he likes.',
  fix: 'Write `restart: on-failure:5`, and let the supervisor of the host start the project after a reboot.',
  references: [cisDocker('5.15'), composeService('restart')],
  static: askEachService({
    sound: 'is restarted a bounded number of times',
    *faults({ name, restart }, stack) {
      if (restart === undefined || !/^(?:always|unless-stopped|on-failure(?::0)?)$/.test(restart.value)) return;
      yield {
        message: `${name} is restarted without end (${restart.value})`,
        at: restart.at,
        remedy: setServiceKey(stack, name, ['restart'], 'on-failure:5'),
      };
    },
  }),
};
