import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isOfficialImage, productOf } from '../image.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, judgeVariable } from '../question.ts';
import { manual } from '../references.ts';

const isOpen = (value: string): boolean => value === '' || value === '/';

/** M09: statements reach no files of the server, or those of one directory. */
export const control: Control<'mysql'> = {
  id: 'mysql/file-access-confined',
  aliases: ['M09'],
  title: 'Statements of MySQL reach no files beside one directory',
  severity: 'medium',
  rationale:
    'Without secure_file_priv a login with the FILE privilege reads keys and configuration of the server, and writes files wherever it may write.',
  fix: 'Set secure_file_priv to NULL (MySQL), or to an empty directory of its own (MariaDB).',
  references: [manual('server-system-variables', 'sysvar_secure_file_priv')],
  checklist: ['file-permissions'],
  static: askFiles(function* (service, stack) {
    // The option file of MySQL's image names /var/lib/mysql-files; MariaDB's has none.
    const byDefault = isOfficialImage(service)
      ? productOf(service) === 'mariadb'
        ? ''
        : '/var/lib/mysql-files'
      : undefined;
    yield* judgeSetting(settingsOf(stack, service)('secure_file_priv'), byDefault, (value) =>
      isOpen(value)
        ? { outcome: 'fail', message: 'secure_file_priv is empty: statements reach every file' }
        : { outcome: 'pass', message: `statements reach ${value === 'NULL' ? 'no files' : `the files of ${value}`}` },
    );
  }),
  live: {
    needs: ['mysql'],
    assess: askServers(function* ({ settings }) {
      yield* judgeVariable(settings, 'secure_file_priv', (value) =>
        isOpen(value)
          ? { outcome: 'fail', message: 'secure_file_priv is empty: statements reach every file' }
          : { outcome: 'pass', message: 'statements reach no files beside those of secure_file_priv' },
      );
    }),
  },
};
