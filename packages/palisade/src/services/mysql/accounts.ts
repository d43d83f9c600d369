import { z } from 'zod';
import type { Service } from '../../contracts/stack.ts';
import type { Product } from './image.ts';
import { queryRows, type Exec } from './sql.ts';

/** An account as the server's tables hold it. */
export interface Account {
  readonly user: string;
  readonly host: string;
  /** Authentication plug-in. */
  readonly plugin: string;
  /** What is stored for the password, in hexadecimal; empty for none. Never leaves this process. */
  readonly stored: string;
  readonly certificate: 'none' | 'tls' | 'x509' | 'subject';
  readonly subject: string;
  /** Connections at the same time; 0 where the account has no limit of its own. */
  readonly connections: number;
  /** True where nobody can log in as it: it is locked, or for the name of a host on a server that resolves none. */
  readonly locked: boolean;
  /** Privileges that reach beyond data. */
  readonly powers: readonly string[];
}

const columns = {
  SUPER: 'Super_priv',
  FILE: 'File_priv',
  'CREATE USER': 'Create_user_priv',
  SHUTDOWN: 'Shutdown_priv',
  PROCESS: 'Process_priv',
  RELOAD: 'Reload_priv',
  'GRANT OPTION': 'Grant_priv',
} as const;

const row = z.object({
  user: z.string(),
  host: z.string(),
  plugin: z.string().nullable(),
  stored: z.string().nullable(),
  ssl: z.string(),
  subject: z.string().nullable(),
  connections: z.coerce.number(),
  locked: z.coerce.number(),
  powers: z.string().nullable(),
  resolves: z.coerce.number(),
});

const certificates: Readonly<Record<string, Account['certificate']>> = {
  '': 'none',
  ANY: 'tls',
  X509: 'x509',
  SPECIFIED: 'subject',
};

const query = (product: Product): string => {
  const powers = Object.entries(columns).map(([name, column]) => `IF(u.${column} = 'Y', '${name}', NULL)`);
  const [locked, from, dynamic] =
    product === 'mariadb'
      ? [
          `IF(JSON_VALUE(g.Priv, '$.account_locked') IN ('1', 'true'), 1, 0)`,
          `mysql.user u JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host WHERE u.is_role = 'N'`,
          [],
        ]
      : [
          `IF(u.account_locked = 'Y', 1, 0)`,
          'mysql.user u',
          // Parts of SUPER that are privileges of their own since MySQL 8.
          [
            `(SELECT GROUP_CONCAT(g.PRIV SEPARATOR ',') FROM mysql.global_grants g WHERE g.USER = u.User AND g.HOST = u.Host
  AND g.PRIV IN ('SYSTEM_VARIABLES_ADMIN', 'SYSTEM_USER', 'ROLE_ADMIN', 'SET_USER_ID', 'SET_ANY_DEFINER', 'CLONE_ADMIN'))`,
          ],
        ];
  return `SELECT JSON_OBJECT('user', u.User, 'host', u.Host, 'plugin', u.plugin, 'stored', HEX(u.authentication_string),
  'ssl', u.ssl_type, 'subject', CONVERT(u.x509_subject USING utf8mb4), 'connections', u.max_user_connections,
  'resolves', 1 - @@GLOBAL.skip_name_resolve, 'locked', ${locked}, 'powers', CONCAT_WS(',', ${[...powers, ...dynamic].join(', ')})) FROM ${from};`;
};

/** True for a host part that is the name of a host: such an account is ignored where names are not resolved. */
const isHostName = (host: string): boolean => host !== 'localhost' && !host.includes(':') && /[a-z]/i.test(host);

/** Reads every account of the server. Roles, which nobody logs in as, are left out. */
export const readAccounts = async (
  exec: Exec,
  service: Service,
  product: Product,
  signal: AbortSignal,
): Promise<readonly Account[]> => {
  const rows = await queryRows(exec, service, query(product), row, signal);
  return rows.map(({ user, host, plugin, stored, ssl, subject, connections, locked, powers, resolves }) => ({
    user,
    host,
    plugin: plugin ?? '',
    stored: stored ?? '',
    certificate: certificates[ssl] ?? 'none',
    subject: subject ?? '',
    connections,
    locked: locked === 1 || (resolves === 0 && isHostName(host)),
    powers: (powers ?? '').split(',').filter((power) => power !== ''),
  }));
};

/** Accounts that the server needs for itself and that nobody logs in as. */
export const isSystemAccount = ({ user, host }: { readonly user: string; readonly host: string }): boolean =>
  host === 'localhost' && /^(?:mysql\.(?:sys|session|infoschema)|mariadb\.sys)$/.test(user);
