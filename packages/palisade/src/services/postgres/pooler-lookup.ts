import { databasesFor, type Consumer } from './consumers.ts';
import { identifier, literal } from './psql.ts';
import { type Draft, draft } from './statement-draft.ts';

/** The schema of the functions by which poolers ask for verifiers. */
export const lookupSchema = 'palisade';

/**
 * How a pooler checks the consumers that come through it: a function, owned by a role that cannot log in and may read
 * three columns of the catalogue, answers the SCRAM verifier of exactly these consumers to exactly this pooler. The pooler
 * knows no password and no table; the consumer's login is passed through, so PostgreSQL sees who it is.
 */
export const lookupStatements = (pooler: Consumer, consumers: readonly Consumer[]): readonly Draft[] => {
  const owner = `${pooler.name}-lookup`;
  const name = `${lookupSchema}.${identifier(pooler.name)}(text)`;
  const served = consumers.filter(({ through }) => through === pooler.name).map((consumer) => literal(consumer.name));
  const columns = ['rolname', 'rolpassword', 'rolcanlogin'];
  const body = `SELECT rolname::text, rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1 AND rolcanlogin AND rolname = ANY (ARRAY[${served.join(', ')}]::text[])`;
  return [
    draft(
      'postgres',
      `CREATE ROLE ${identifier(owner)} NOLOGIN`,
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(owner)})`,
    ),
    ...databasesFor(consumers, pooler).flatMap((database) => [
      draft(
        database,
        `CREATE SCHEMA IF NOT EXISTS ${lookupSchema}`,
        `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${literal(lookupSchema)})`,
      ),
      draft(
        database,
        `GRANT USAGE ON SCHEMA ${lookupSchema} TO ${identifier(pooler.name)}`,
        `SELECT has_schema_privilege(${literal(pooler.name)}, ${literal(lookupSchema)}, 'USAGE')`,
      ),
      draft(
        database,
        `GRANT SELECT (${columns.join(', ')}) ON pg_catalog.pg_authid TO ${identifier(owner)}`,
        `SELECT ${columns.map((column) => `has_column_privilege(${literal(owner)}, 'pg_catalog.pg_authid', '${column}', 'SELECT')`).join(' AND ')}`,
      ),
      draft(
        database,
        `CREATE OR REPLACE FUNCTION ${lookupSchema}.${identifier(pooler.name)}(text) RETURNS TABLE (username text, verifier text)
  LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${literal(body)};
ALTER FUNCTION ${name} OWNER TO ${identifier(owner)};
REVOKE ALL ON FUNCTION ${name} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${name} TO ${identifier(pooler.name)}`,
        `SELECT EXISTS (SELECT FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace JOIN pg_roles ON pg_roles.oid = proowner
  WHERE nspname = ${literal(lookupSchema)} AND proname = ${literal(pooler.name)} AND rolname = ${literal(owner)}
    AND prosecdef AND prosrc = ${literal(body)}
    AND has_function_privilege(${literal(pooler.name)}, pg_proc.oid, 'EXECUTE')
    AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))`,
      ),
    ]),
  ];
};
