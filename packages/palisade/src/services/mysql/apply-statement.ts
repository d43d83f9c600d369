import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { StatementTools } from '../../contracts/service-kind.ts';
import { isSystemAccount, readAccounts, type Account } from './accounts.ts';
import { error } from './errors.ts';
import type { Product } from './image.ts';
import { consumerConnections } from './limits.ts';
import { hashPassword, type StoredPassword } from './password-hash.ts';
import { consumerRights } from './statements.ts';
import { accountName, askProduct, grantedName, identifier, literal, queryRows, runSql } from './sql.ts';

type Outcome = 'applied' | 'unchanged';

/**
 * In front of everything that writes: not into the log for replicas, which have accounts of their own, and in one known
 * SQL mode, so that a backslash is a backslash.
 */
const guard = "SET SESSION sql_log_bin = 0;\nSET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';";

/** One consumer's account as the statement wants it. */
interface Wanted {
  readonly user: string;
  readonly hosts: readonly string[];
  readonly database: string;
  /** Subject of the certificate; empty where TLS alone is demanded. */
  readonly subject: string;
  readonly password: string;
}

const bytesOf = ({ plugin, stored }: Account): StoredPassword => ({ plugin, text: Buffer.from(stored, 'hex') });

const isAsWanted = (product: Product, account: Account, { subject, password }: Wanted): boolean => {
  const stored = bytesOf(account);
  const own = hashPassword(product, password, stored);
  return (
    account.plugin === own.plugin &&
    stored.text.equals(own.text) &&
    account.certificate === (subject === '' ? 'tls' : 'subject') &&
    account.subject === subject &&
    account.connections === consumerConnections &&
    !account.locked
  );
};

/** The account with everything that is demanded of it, as CREATE USER and ALTER USER take it. */
const definition = (product: Product, wanted: Wanted, host: string, stored: StoredPassword | undefined): string => {
  const { plugin, text } = hashPassword(product, wanted.password, stored);
  const identified =
    product === 'mariadb'
      ? // The audit plug-in puts `*****` for what stands behind these words, and for no other form of a hash.
        `IDENTIFIED BY PASSWORD '${text.toString('latin1')}'`
      : `IDENTIFIED WITH ${plugin} AS 0x${text.toString('hex')}`;
  const certificate = wanted.subject === '' ? 'SSL' : `SUBJECT ${literal(wanted.subject)}`;
  return `${accountName(wanted.user, host)} ${identified} REQUIRE ${certificate} WITH MAX_USER_CONNECTIONS ${consumerConnections}`;
};

const right = z.object({ schema: z.string(), name: z.string(), privilege: z.string(), grantable: z.string() });
type Right = z.output<typeof right>;

/** Rights of an account at every level. USAGE stands for none. */
const rightsOf = (
  user: string,
  host: string,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<readonly Right[]> => {
  const grantee = literal(`'${user}'@'${host}'`);
  const rows = (table: string, schema: string, name: string): string =>
    `SELECT JSON_OBJECT('schema', ${schema}, 'name', ${name}, 'privilege', PRIVILEGE_TYPE, 'grantable', IS_GRANTABLE)
  FROM information_schema.${table} WHERE GRANTEE = ${grantee} AND PRIVILEGE_TYPE <> 'USAGE'`;
  return queryRows(
    tools.exec,
    tools.service,
    `${guard}
${rows('USER_PRIVILEGES', "''", "''")}
UNION ALL ${rows('SCHEMA_PRIVILEGES', 'TABLE_SCHEMA', "''")}
UNION ALL ${rows('TABLE_PRIVILEGES', 'TABLE_SCHEMA', 'TABLE_NAME')};`,
    right,
    signal,
  );
};

/** Statements that leave an account with the rights of a consumer: first what is missing, then away with the rest. */
const adjust = (rights: readonly Right[], { user, database }: Wanted, host: string): readonly string[] => {
  const own = grantedName(database);
  const account = accountName(user, host);
  const isOwn = ({ schema, name, privilege }: Right): boolean =>
    schema === own && name === '' && consumerRights.some((each) => each === privilege);
  const missing = consumerRights.filter((wanted) => !rights.some((each) => isOwn(each) && each.privilege === wanted));
  const on = ({ schema, name }: Right): string =>
    schema === '' ? '*.*' : `${identifier(schema)}.${name === '' ? '*' : identifier(name)}`;
  const grantable = new Set(rights.filter((each) => each.grantable === 'YES').map(on));
  return [
    ...(missing.length === 0 ? [] : [`GRANT ${missing.join(', ')} ON ${identifier(own)}.* TO ${account};`]),
    ...rights.filter((each) => !isOwn(each)).map((each) => `REVOKE ${each.privilege} ON ${on(each)} FROM ${account};`),
    ...[...grantable].map((place) => `REVOKE GRANT OPTION ON ${place} FROM ${account};`),
  ];
};

const hasDatabase = async (database: string, tools: StatementTools, signal: AbortSignal): Promise<boolean> => {
  const query = `SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${literal(database)};`;
  return (await runSql(tools.exec, tools.service, query, signal)).trim() !== '0';
};

const applyAccount = async (wanted: Wanted, tools: StatementTools, signal: AbortSignal): Promise<Outcome> => {
  const { exec, service } = tools;
  const { product } = await askProduct(exec, service, signal);
  const accounts = (await readAccounts(exec, service, product, signal)).filter(({ user }) => user === wanted.user);
  const sql: string[] = [];
  if (!(await hasDatabase(wanted.database, tools, signal)))
    sql.push(`CREATE DATABASE IF NOT EXISTS ${identifier(wanted.database)};`);
  for (const host of wanted.hosts) {
    const present = accounts.find((account) => account.host === host);
    if (present === undefined) sql.push(`CREATE USER IF NOT EXISTS ${definition(product, wanted, host, undefined)};`);
    else if (!isAsWanted(product, present, wanted))
      sql.push(`ALTER USER ${definition(product, wanted, host, bytesOf(present))} ACCOUNT UNLOCK;`);
    sql.push(...adjust(present === undefined ? [] : await rightsOf(wanted.user, host, tools, signal), wanted, host));
  }
  if (sql.length === 0) return 'unchanged';
  await runSql(exec, service, [guard, ...sql].join('\n'), signal);
  return 'applied';
};

/** Locks accounts that nobody declared and ends their sessions; drops those without a name. */
const lockUndeclared = async (
  declared: readonly string[],
  tools: StatementTools,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { exec, service } = tools;
  const { product } = await askProduct(exec, service, signal);
  const undeclared = (await readAccounts(exec, service, product, signal)).filter(
    (account) => !isSystemAccount(account) && !declared.includes(`${account.user}@${account.host}`),
  );
  const nameless = undeclared.filter(({ user }) => user === '');
  const open = undeclared.filter(({ user, locked }) => user !== '' && !locked);
  if (nameless.length + open.length === 0) return 'unchanged';
  await runSql(
    exec,
    service,
    [
      guard,
      ...nameless.map(({ user, host }) => `DROP USER ${accountName(user, host)};`),
      // Locked, not dropped: views and routines may be defined by them, and a lock can be taken back.
      ...open.map(({ user, host }) => `ALTER USER ${accountName(user, host)} ACCOUNT LOCK;`),
    ].join('\n'),
    signal,
  );
  await endSessions([...new Set(open.map(({ user }) => user))], declared, tools, signal);
  return 'applied';
};

/** Ends sessions of users none of whose accounts is declared. One that is gone by itself is no fault. */
const endSessions = async (
  users: readonly string[],
  declared: readonly string[],
  { exec, service }: StatementTools,
  signal: AbortSignal,
): Promise<void> => {
  const dead = users.filter((user) => !declared.some((account) => account.startsWith(`${user}@`)));
  if (dead.length === 0) return;
  const names = dead.map(literal).join(', ');
  const ids = await runSql(
    exec,
    service,
    `SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN (${names});`,
    signal,
  );
  for (const id of ids.split('\n').filter((line) => /^\d+$/.test(line)))
    await runSql(exec, service, `KILL CONNECTION ${id};`, signal).catch(() => signal.throwIfAborted());
};

/**
 * Carries out one of the kind's statements where it is still needed. The server gets the hash of a password, through
 * standard input alone. Throws `mysql/client-failed`, `mysql/parameter-unresolved`.
 */
export const applyStatement = async (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { declared, account, hosts, database, subject, password } = statement.parameters;
  if (typeof declared === 'string') return lockUndeclared(declared.split(' '), tools, signal);
  if (
    typeof account !== 'string' ||
    typeof hosts !== 'string' ||
    typeof database !== 'string' ||
    typeof subject !== 'string' ||
    password === undefined ||
    typeof password === 'string'
  )
    throw error('mysql/parameter-unresolved', { service: statement.service, parameter: 'of the account' });
  const secret = await tools.resolveSecret(password);
  if (secret === undefined || secret.reveal() === '')
    throw error('mysql/parameter-unresolved', {
      service: statement.service,
      parameter: `${password.secret.path}#${password.secret.field}`,
    });
  const wanted = { user: account, hosts: hosts.split(' '), database, subject, password: secret.reveal() };
  return applyAccount(wanted, tools, signal);
};
