import type { SqlStatement } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { consumersOf, databasesFor, isSuperuserConsumed, type Consumer } from './consumers.ts';
import { hasAuditExtension } from './audited-image.ts';
import { administrator, firstDatabase } from './image.ts';
import { databaseConnections, poolerConnections, roleConnections } from './limits.ts';
import { lookupSchema, lookupStatements } from './pooler-lookup.ts';
import { identifier, literal } from './psql.ts';
import { type Draft, draft } from './statement-draft.ts';

/** Databases that the hardened posture looks after: the server's own, the image's first one, and the consumers'. */
export const databasesOf = (stack: Stack, service: Service): readonly string[] => [
  ...new Set(['postgres', firstDatabase(service), ...consumersOf(stack, service).map(({ database }) => database)]),
];

/** The password of a role, as a verifier: `:'verifier'` is derived from the secret by `applyStatement`. */
const password = (role: string, path: string): Draft =>
  draft(
    'postgres',
    `ALTER ROLE ${identifier(role)} PASSWORD :'verifier'`,
    "SELECT coalesce((SELECT rolpassword = :'verifier' FROM pg_authid WHERE rolname = :'role'), false)",
    { role, verifier: { secret: { path, field: 'password' } } },
  );

const roleOf = (consumer: Consumer): readonly Draft[] => {
  const limit = consumer.pools || consumer.through !== undefined ? poolerConnections : roleConnections;
  const name = identifier(consumer.name);
  return [
    draft(
      'postgres',
      `CREATE ROLE ${name} NOLOGIN`,
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(consumer.name)})`,
    ),
    draft(
      'postgres',
      `ALTER ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT ${limit}`,
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(consumer.name)} AND rolcanlogin AND NOT (rolsuper OR rolcreatedb
  OR rolcreaterole OR rolreplication OR rolbypassrls) AND rolconnlimit BETWEEN 1 AND ${limit})`,
    ),
  ];
};

/** Schemas of the users of a database. */
const userSchemas = `nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '${lookupSchema}')`;

/** Being let into a database, and nothing in it. */
const connectTo = (database: string, role: string): Draft =>
  draft(
    database,
    `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(role)}`,
    `SELECT EXISTS (SELECT FROM pg_database, aclexplode(datacl) JOIN pg_roles ON pg_roles.oid = grantee
  WHERE datname = ${literal(database)} AND rolname = ${literal(role)} AND privilege_type = 'CONNECT')`,
  );

/** What a consumer may do: use what is there, make tables of its own. It owns nothing that it did not make. */
const grantsOf = (consumer: Consumer, owner: string): readonly Draft[] => {
  const { database } = consumer;
  const name = identifier(consumer.name);
  const role = literal(consumer.name);
  const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  return [
    draft(
      database,
      // Temporary tables are what applications take for granted; both rights come from PUBLIC before it loses them.
      `GRANT CONNECT, TEMPORARY ON DATABASE ${identifier(database)} TO ${name}`,
      `SELECT count(DISTINCT privilege_type) = 2 FROM pg_database, aclexplode(datacl) JOIN pg_roles ON pg_roles.oid = grantee
  WHERE datname = ${literal(database)} AND rolname = ${role} AND privilege_type IN ('CONNECT', 'TEMPORARY')`,
    ),
    draft(
      database,
      `GRANT USAGE, CREATE ON SCHEMA public TO ${name}`,
      // Its own rights, not those that it still has as a part of PUBLIC.
      `SELECT count(DISTINCT privilege_type) = 2 FROM pg_namespace, aclexplode(nspacl) JOIN pg_roles ON pg_roles.oid = grantee
  WHERE nspname = 'public' AND rolname = ${role} AND privilege_type IN ('USAGE', 'CREATE')`,
    ),
    draft(
      database,
      `DO $palisade$
DECLARE schema name;
BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE ${userSchemas} LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema, ${role});
    EXECUTE format('GRANT ${rights.join(', ')} ON ALL TABLES IN SCHEMA %I TO %I', schema, ${role});
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', schema, ${role});
  END LOOP;
END
$palisade$`,
      `SELECT NOT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE ${userSchemas}
  AND CASE WHEN relkind IN ('r', 'p', 'v', 'm', 'f')
        THEN NOT (${rights.map((right) => `has_table_privilege(${role}, pg_class.oid, '${right}')`).join(' AND ')})
      WHEN relkind = 'S' THEN NOT has_sequence_privilege(${role}, pg_class.oid, 'USAGE')
      ELSE false END)
  AND NOT EXISTS (SELECT FROM pg_namespace WHERE ${userSchemas} AND NOT has_schema_privilege(${role}, oid, 'USAGE'))`,
    ),
    draft(
      database,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)} IN SCHEMA public GRANT ${rights.join(', ')} ON TABLES TO ${name};
ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${name}`,
      `SELECT count(DISTINCT defaclobjtype) = 2 FROM pg_default_acl, aclexplode(defaclacl)
  JOIN pg_roles ON pg_roles.oid = grantee WHERE rolname = ${role} AND defaclobjtype IN ('r', 'S')`,
    ),
  ];
};

/** What every database of the server gets, after the grants, so that nobody is without rights in between. */
const closed = (database: string): readonly Draft[] => [
  draft(
    database,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `SELECT NOT EXISTS (SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
  WHERE nspname = 'public' AND grantee = 0 AND privilege_type = 'CREATE')`,
  ),
  draft(
    database,
    `REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`,
    `SELECT NOT EXISTS (SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
  WHERE datname = ${literal(database)} AND grantee = 0)`,
  ),
  draft(
    database,
    `ALTER DATABASE ${identifier(database)} CONNECTION LIMIT ${databaseConnections}`,
    `SELECT datconnlimit BETWEEN 1 AND ${databaseConnections} FROM pg_database WHERE datname = ${literal(database)}`,
  ),
];

/**
 * Locks login roles that nobody declared: those of the development posture, of people, of tools. The access rules turn
 * them away as it is. Members of a declared role, which rotation makes, are declared with it.
 */
const locked = (stack: Stack, service: Service): Draft => {
  const kept = [administrator(service), ...consumersOf(stack, service).map(({ name }) => name)].map(literal).join(', ');
  const undeclared = `rolcanlogin AND rolname NOT IN (${kept}) AND NOT EXISTS (SELECT FROM pg_auth_members
    JOIN pg_roles AS declared ON declared.oid = roleid WHERE member = pg_authid.oid AND declared.rolname IN (${kept}))`;
  return draft(
    'postgres',
    `DO $palisade$
DECLARE role name;
BEGIN
  FOR role IN SELECT rolname FROM pg_authid WHERE ${undeclared} LOOP
    EXECUTE format('ALTER ROLE %I NOLOGIN', role);
  END LOOP;
END
$palisade$`,
    `SELECT NOT EXISTS (SELECT FROM pg_authid WHERE ${undeclared})`,
  );
};

/**
 * What has to hold inside of the server: accounts of consumers with their rights and limits, a closed schema `public`, the
 * audit extension, and nobody who logs in undeclared. Each statement is idempotent and none takes data away.
 */
export const statements = (stack: Stack, service: Service): readonly SqlStatement[] => {
  if (isSuperuserConsumed(stack, service)) return [];
  const admin = administrator(service);
  const consumers = consumersOf(stack, service);
  const databases = databasesOf(stack, service);
  const drafts: readonly Draft[] = [
    password(admin, service.name),
    ...databases
      .filter((database) => database !== 'postgres')
      .map((database) =>
        draft(
          'postgres',
          `CREATE DATABASE ${identifier(database)}`,
          `SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)})`,
        ),
      ),
    ...(hasAuditExtension(stack, service)
      ? databases.map((database) =>
          draft(
            database,
            'CREATE EXTENSION IF NOT EXISTS pgaudit',
            "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgaudit')",
          ),
        )
      : []),
    ...consumers.flatMap((consumer) => [
      ...roleOf(consumer),
      password(
        consumer.name,
        `${consumer.direct ? service.name : (consumer.through ?? service.name)}/${consumer.name}`,
      ),
      ...(consumer.pools
        ? databasesFor(consumers, consumer).map((database) => connectTo(database, consumer.name))
        : grantsOf(consumer, admin)),
    ]),
    ...consumers.filter(({ pools }) => pools).flatMap((pooler) => lookupStatements(pooler, consumers)),
    ...databases.flatMap(closed),
    locked(stack, service),
  ];
  return drafts.map(({ database, statement, query, parameters }) => ({
    kind: 'sql-statement',
    service: service.name,
    database,
    statement,
    parameters,
    expects: { query },
  }));
};
