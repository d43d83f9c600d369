import type { Reference } from '../../contracts/control.ts';

/** A page of the MySQL reference manual; `anchor` is an option or a heading on it. */
export const manual = (page: string, anchor?: string): Reference => ({
  source: 'MySQL reference manual',
  ...(anchor === undefined ? {} : { section: anchor.replace(/^(?:sysvar|option_mysqld)_/, '') }),
  url: `https://dev.mysql.com/doc/refman/8.4/en/${page}.html${anchor === undefined ? '' : `#${anchor}`}`,
});

/** The rules of DevSec for MySQL. */
export const baseline: Reference = {
  source: 'DevSec MySQL baseline',
  url: 'https://github.com/dev-sec/mysql-baseline',
};

/** The audit plug-in that comes with MariaDB. */
export const auditPlugin: Reference = {
  source: 'MariaDB documentation',
  section: 'MariaDB Audit Plugin',
  url: 'https://mariadb.com/docs/server/reference/plugins/mariadb-audit-plugin',
};
