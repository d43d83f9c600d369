import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SecretReference, SqlStatement } from '../../contracts/change.ts';
import type { Service } from '../../contracts/stack.ts';
import type { Secret } from '../../support/secret.ts';
import { error } from './errors.ts';
import { queryJson, runSql, type Exec, type Variables } from './psql.ts';
import { scramParameters, scramSaltLength, scramVerifier } from './scram.ts';

/** What running a statement needs from outside. */
export interface StatementTools {
  readonly exec: Exec;
  readonly service: Service;
  /** Reads a secret; undefined where there is none. */
  readonly resolveSecret: (reference: SecretReference) => Promise<Secret | undefined>;
  /** Bytes for a new salt. */
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Keeps the statements that follow out of the server log, of the statistics and of the activity view, whatever the
 * server's configuration, also where they fail. pgAudit goes on: it replaces what follows PASSWORD by `<REDACTED>`.
 */
const guard = [
  "SET log_statement = 'none';",
  'SET log_duration = off;',
  'SET log_min_duration_statement = -1;',
  "SET log_min_error_statement = 'panic';",
  'SET track_activities = off;',
  // Harmless where the modules are not loaded: a setting with a prefix may always be given.
  "SET pg_stat_statements.track = 'none';",
  'SET auto_explain.log_min_duration = -1;',
  'SET client_min_messages = warning;',
].join('\n');

const isSecret = (value: string | SecretReference): value is SecretReference => typeof value !== 'string';

/** The stored salt of a role, so that an unchanged password gives an unchanged verifier. Only the salt leaves the server. */
const storedSalt = async (
  { exec, service }: StatementTools,
  role: string,
  signal: AbortSignal,
): Promise<ReturnType<typeof scramParameters>> => {
  const head = await queryJson(
    exec,
    service,
    {
      database: 'postgres',
      sql: `${guard}
SELECT to_json(coalesce((SELECT substring(rolpassword FROM '^SCRAM-SHA-256[$][0-9]+:[^$]+[$]') FROM pg_authid WHERE rolname = :'role'), ''));`,
      variables: { role },
      shape: z.string(),
    },
    signal,
  );
  return scramParameters(head);
};

/** Values of a statement's parameters. One called `verifier` is the SCRAM verifier of its secret for the role in `role`. */
const variablesOf = async (
  statement: SqlStatement,
  tools: StatementTools,
  salt: 'stored' | 'new',
  signal: AbortSignal,
): Promise<Variables> => {
  const variables: Record<string, string | Secret> = {};
  for (const [name, value] of Object.entries(statement.parameters)) {
    if (!isSecret(value)) {
      variables[name] = value;
      continue;
    }
    const secret = await tools.resolveSecret(value);
    if (secret === undefined || secret.reveal() === '')
      throw error('postgres/parameter-unresolved', {
        service: statement.service,
        parameter: `${value.secret.path}#${value.secret.field}`,
      });
    if (name !== 'verifier') {
      variables[name] = secret;
      continue;
    }
    const role = statement.parameters['role'];
    const roleName = typeof role === 'string' ? role : '';
    const stored = salt === 'stored' ? await storedSalt(tools, roleName, signal) : undefined;
    const fresh = { salt: (tools.random ?? randomBytes)(scramSaltLength), iterations: undefined };
    const parameters = stored ?? fresh;
    variables[name] = scramVerifier(secret, parameters.salt, parameters.iterations, roleName);
  }
  return variables;
};

/** True where the statement has nothing left to do. For a password: where the stored verifier re-derives from it. */
export const statementHolds = async (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<boolean> =>
  queryJson(
    tools.exec,
    tools.service,
    {
      database: statement.database,
      sql: `${guard}\nSELECT to_json((${statement.expects.query}));`,
      variables: await variablesOf(statement, tools, 'stored', signal),
      shape: z.boolean(),
    },
    signal,
  );

/**
 * Runs a statement where it is still needed. SQL and secrets go through standard input alone; neither a password nor a
 * verifier reaches an argument list, the server log or the audit log. Throws `postgres/psql-failed`,
 * `postgres/parameter-unresolved`, `postgres/password-not-ascii`.
 */
export const applyStatement = async (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged'> => {
  if (await statementHolds(statement, tools, signal)) return 'unchanged';
  await runSql(
    tools.exec,
    tools.service,
    {
      database: statement.database,
      sql: `${guard}\n${statement.statement};`,
      variables: await variablesOf(statement, tools, 'new', signal),
    },
    signal,
  );
  return 'applied';
};
