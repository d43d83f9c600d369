import type { Control } from '../../../contracts/control.ts';
import { mountedFile } from '../../../model/index.ts';
import { parseConnection, parseUserList } from '../ini.ts';
import { askFiles } from '../observe.ts';
import { manual } from '../references.ts';

/** Permission bits of everybody but the owner. */
const others = 0o077;

/** B05: the project's files hold no password of a pooled account. */
export const control: Control = {
  id: 'pgbouncer/no-stored-passwords',
  aliases: ['B05'],
  title: "PgBouncer's files hold no plaintext passwords",
  severity: 'high',
  rationale:
    'A list of plaintext passwords, or of MD5 hashes, which PostgreSQL takes as they are, gives everybody who reads the repository or the host the accounts of all applications.',
  fix: 'Use auth_query, or SCRAM secrets in a list of mode 0600; take passwords out of [databases].',
  references: [manual('auth_file'), manual('auth_query')],
  checklist: ['file-permissions'],
  static: askFiles(function* ({ ini, setting, at }, service, stack) {
    let clean = true;
    for (const { name, value, line } of ini.databases) {
      if (!parseConnection(value)?.has('password')) continue;
      clean = false;
      yield { outcome: 'fail', message: `the database ${name} has its password in the file`, at: at(line), key: name };
    }
    const list = setting('auth_file');
    const path = list.value === '' ? undefined : list.value;
    const file = path === undefined ? undefined : mountedFile(stack, service, path);
    if (file === undefined && path !== undefined && !path.startsWith('/dev/shm/')) {
      yield {
        outcome: 'unknown',
        message: `auth_file names ${path}, which no file of the project stands for`,
        at: list.at,
      };
      return;
    }
    if (file !== undefined && file.text === undefined) {
      yield { outcome: 'unknown', message: `the text of ${file.path} is not available`, at: list.at };
      return;
    }
    if (file?.text !== undefined) {
      const { users, invalid } = parseUserList(file.text);
      const place = (line: number) => ({ file: file.path, line, column: 1 });
      for (const { user, stored, line } of users) {
        if (stored === 'scram' || stored === 'none') continue;
        clean = false;
        yield {
          outcome: 'fail',
          message: `the password of ${user} is stored as ${stored}`,
          at: place(line),
          key: user,
        };
      }
      if (users.some(({ stored }) => stored !== 'none') && (file.mode & others) !== 0) {
        clean = false;
        yield {
          outcome: 'fail',
          message: `${file.path} can be read by others than its owner`,
          at: place(1),
          key: 'mode',
        };
      }
      const [broken] = invalid;
      if (broken !== undefined) {
        yield {
          outcome: 'unknown',
          message: `line ${broken.line} of ${file.path} is not understood`,
          at: place(broken.line),
        };
        return;
      }
    }
    if (clean) yield { outcome: 'pass', message: 'no password is stored in the files', at: list.at };
  }),
};
