import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isAtLeast, productOf } from '../image.ts';
import { isOn } from '../option-file.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, judgeVariable } from '../question.ts';
import { manual } from '../references.ts';

/** M07: the server asks clients for no files. */
export const control: Control<'mysql'> = {
  id: 'mysql/local-infile-off',
  aliases: ['M07'],
  title: 'MySQL loads no files of its clients',
  severity: 'medium',
  rationale:
    'With LOAD DATA LOCAL an injected statement, or a server that somebody has taken over, reads files of the application’s machine.',
  fix: 'Set local_infile=OFF.',
  references: [manual('load-data-local-security')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    // Off since MySQL 8.0; on in every MariaDB.
    const old = productOf(service) === 'mariadb' || isAtLeast(service, [8]) === false;
    yield* judgeSetting(settingsOf(stack, service)('local_infile'), old ? 'ON' : 'OFF', (value) =>
      isOn(value)
        ? { outcome: 'fail', message: 'local_infile is on' }
        : { outcome: 'pass', message: 'local_infile is off' },
    );
  }),
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ settings }) {
      yield* judgeVariable(settings, 'local_infile', (value) =>
        isOn(value)
          ? { outcome: 'fail', message: 'local_infile is on' }
          : { outcome: 'pass', message: 'local_infile is off' },
      );
    }),
  },
};
