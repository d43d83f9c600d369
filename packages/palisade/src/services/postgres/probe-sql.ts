import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from '../../contracts/evidence.ts';
import type { Service } from '../../contracts/stack.ts';
import { systemClock } from '../../support/clock.ts';
import { messageOf } from '../../support/errors.ts';
import type { DatabaseEvidence, LoadedRule, RoleEvidence } from './evidence.ts';
import { withMask } from './host-based-access.ts';
import { firstDatabase } from './image.ts';
import { queryJson, runSql, type Exec } from './psql.ts';

/** Settings that controls read. */
const settingNames = [
  'ssl',
  'ssl_min_protocol_version',
  'password_encryption',
  'log_connections',
  'log_disconnections',
  'log_destination',
  'logging_collector',
  'log_statement',
  'shared_preload_libraries',
  'pgaudit.log',
  'max_connections',
  'superuser_reserved_connections',
] as const;

/** The database that every server has. */
const maintenance = 'postgres';

/** Version number as the server prints it, such as `15.18`. */
export const version = (exec: Exec, service: Service, signal: AbortSignal): Promise<string> =>
  queryJson(
    exec,
    service,
    {
      database: maintenance,
      sql: "SELECT to_json(split_part(current_setting('server_version'), ' ', 1));",
      shape: z.string(),
    },
    signal,
  );

/** Values of the settings that controls read. */
export const settings = (exec: Exec, service: Service, signal: AbortSignal): Promise<Record<string, string>> =>
  queryJson(
    exec,
    service,
    {
      database: maintenance,
      sql: `SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN (${settingNames.map((name) => `'${name}'`).join(', ')});`,
      shape: z.record(z.string(), z.string()),
    },
    signal,
  );

/** Every role but the predefined ones. Of the password only its form leaves the server. */
export const roles = (exec: Exec, service: Service, signal: AbortSignal): Promise<readonly RoleEvidence[]> =>
  queryJson(
    exec,
    service,
    {
      database: maintenance,
      sql: `SELECT coalesce(json_agg(json_build_object(
  'name', rolname, 'superuser', rolsuper, 'createRole', rolcreaterole, 'createDatabase', rolcreatedb,
  'replication', rolreplication, 'canLogin', rolcanlogin, 'connectionLimit', rolconnlimit,
  'password', CASE WHEN rolpassword IS NULL THEN 'none' WHEN left(rolpassword, 14) = 'SCRAM-SHA-256$' THEN 'scram'
    WHEN left(rolpassword, 3) = 'md5' THEN 'md5' ELSE 'other' END) ORDER BY rolname), '[]')
FROM pg_authid WHERE rolname !~ '^pg_';`,
      shape: z.array(
        z.object({
          name: z.string(),
          superuser: z.boolean(),
          createRole: z.boolean(),
          createDatabase: z.boolean(),
          replication: z.boolean(),
          canLogin: z.boolean(),
          connectionLimit: z.number(),
          password: z.enum(['none', 'md5', 'scram', 'other']),
        }),
      ),
    },
    signal,
  );

/** Every database that takes connections. What only the database itself can tell is asked in it. */
export const databases = async (
  exec: Exec,
  service: Service,
  signal: AbortSignal,
): Promise<readonly DatabaseEvidence[]> => {
  const found = await queryJson(
    exec,
    service,
    {
      database: maintenance,
      sql: `SELECT coalesce(json_agg(json_build_object('name', datname, 'connectionLimit', datconnlimit,
  'publicCanConnect', EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE grantee = 0 AND privilege_type = 'CONNECT')) ORDER BY datname), '[]')
FROM pg_database WHERE datallowconn AND NOT datistemplate;`,
      shape: z.array(z.object({ name: z.string(), connectionLimit: z.number(), publicCanConnect: z.boolean() })),
    },
    signal,
  );
  const asked: DatabaseEvidence[] = [];
  for (const database of found) {
    const publicCanCreate = await queryJson(
      exec,
      service,
      {
        database: database.name,
        sql: `SELECT to_json(EXISTS (SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
  WHERE nspname = 'public' AND grantee = 0 AND privilege_type = 'CREATE'));`,
        shape: z.boolean(),
      },
      signal,
    ).then(
      (value): Answer<boolean> => ({ known: true, value }),
      (thrown: unknown): Answer<boolean> => {
        signal.throwIfAborted();
        return { known: false, why: messageOf(thrown) };
      },
    );
    asked.push({ ...database, publicCanCreate });
  }
  return asked;
};

/** The lines of `pg_hba.conf` as the server reads them now. */
export const rules = async (exec: Exec, service: Service, signal: AbortSignal): Promise<readonly LoadedRule[]> => {
  const lines = await queryJson(
    exec,
    service,
    {
      database: maintenance,
      sql: `SELECT coalesce(json_agg(json_build_object('line', line_number, 'type', type, 'databases', database,
  'users', user_name, 'address', address, 'mask', netmask, 'method', auth_method, 'options', options, 'error', error)
  ORDER BY line_number), '[]') FROM pg_hba_file_rules;`,
      shape: z.array(
        z.object({
          line: z.number(),
          type: z.string().nullable(),
          databases: z.array(z.string()).nullable(),
          users: z.array(z.string()).nullable(),
          address: z.string().nullable(),
          mask: z.string().nullable(),
          method: z.string().nullable(),
          options: z.array(z.string()).nullable(),
          error: z.string().nullable(),
        }),
      ),
    },
    signal,
  );
  return lines.map(({ line, type, databases, users, address, mask, method, options, error }) => ({
    line,
    type: type ?? '',
    databases: databases ?? [],
    users: users ?? [],
    ...(address === null ? {} : { address: mask === null ? address : withMask(address, mask) }),
    method: method ?? '',
    options: options ?? [],
    ...(error === null ? {} : { error }),
  }));
};

/** Pauses between two looks at the log, in milliseconds; the collector writes on its own time. */
const looks = [50, 200, 500, 1000];

/**
 * Makes a temporary table in a transaction that is rolled back, then looks for pgaudit's record of it in the last
 * 256 KiB of the server log. Throws where the log is not kept in files, so that nobody can look.
 */
export const auditWrites = async (
  exec: Exec,
  service: Service,
  known: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> => {
  const libraries = (known['shared_preload_libraries'] ?? '').split(',').map((name) => name.trim());
  if (!libraries.includes('pgaudit')) return false;
  const format = ['jsonlog', 'csvlog', 'stderr'].find((name) =>
    (known['log_destination'] ?? '').split(/,\s*/).includes(name),
  );
  if (known['logging_collector'] !== 'on' || format === undefined)
    throw new Error('the server keeps its log out of its own reach (logging_collector is off)');
  const marker = `palisade_probe_${randomBytes(6).toString('hex')}`;
  const database = firstDatabase(service);
  await runSql(exec, service, { database, sql: `BEGIN; CREATE TEMP TABLE ${marker} (); ROLLBACK;` }, signal);
  for (const pause of looks) {
    await systemClock.sleep(pause, signal);
    // The pattern is put together by the server, so that this statement is not its own proof where all are logged.
    const sql = `SELECT to_json(convert_from(pg_read_binary_file(path, greatest(0, size - 262144), 262144), 'SQL_ASCII')
  ~ ('AUD' || 'IT: [^' || chr(10) || ']*' || '${marker}'))
FROM (SELECT path, (pg_stat_file(path)).size FROM pg_current_logfile('${format}') AS path) AS log;`;
    if (await queryJson(exec, service, { database, sql, shape: z.boolean() }, signal)) return true;
  }
  return false;
};
