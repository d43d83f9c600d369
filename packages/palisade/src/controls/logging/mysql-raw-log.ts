import type { Control } from '../../contracts/control.ts';
import { configurationLines } from '../mounted-files.ts';
import { askEachService } from '../question.ts';
import { isMysql } from '../servers.ts';
import { findWritten } from '../source-text.ts';

const inFile = /^log[-_]raw(?:\s*=\s*['"]?(?:1|on|true)['"]?)?$/i;
const inCommand = /--log[-_]raw(?:=(?:1|on|true))?(?=\s|$)/i;

/** O03: MySQL writes no password to its logs. */
export const control: Control = {
  id: 'logging/mysql-raw-log',
  aliases: ['O03'],
  title: 'MySQL rewrites passwords before it logs',
  severity: 'medium',
  rationale:
    'With `log_raw` statements reach the log as they were sent, passwords of CREATE USER and SET PASSWORD included.',
  fix: 'Remove `log_raw`: off is the default.',
  references: [
    {
      source: 'MySQL reference manual',
      section: 'log_raw',
      url: 'https://dev.mysql.com/doc/refman/8.4/en/server-options.html#option_mysqld_log-raw',
    },
  ],
  static: askEachService({
    inapplicable: (service) => (isMysql(service) ? undefined : 'is no MySQL server'),
    sound: 'rewrites passwords before it logs',
    *faults(service, stack) {
      const { name, command } = service;
      const option = inCommand.exec(command?.value.join(' ') ?? '')?.[0];
      if (option !== undefined && command !== undefined)
        yield {
          message: `${name} logs statements with their passwords`,
          at: findWritten(stack, command.at, option) ?? command.at,
          key: 'command',
        };
      for (const { file, line, text } of configurationLines(stack, service))
        if (inFile.test(text))
          yield { message: `${name} logs statements with their passwords`, at: { file, line, column: 1 }, key: file };
    },
  }),
};
