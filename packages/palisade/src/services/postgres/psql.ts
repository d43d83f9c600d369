import type { z } from 'zod';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import type { Secret } from '../../support/secret.ts';
import { error } from './errors.ts';
import { administrator } from './image.ts';

/** Runs a program beside the service with its local administrator's identity. */
export type Exec = NonNullable<ProbeTarget['exec']>;

/** Values of `:'name'` variables. Secrets stay wrapped until they go into standard input. */
export type Variables = Readonly<Record<string, string | Secret>>;

/** The command line; SQL and every value come in through standard input, so nothing here is a secret. */
const psqlCommand = (service: Service, database: string): readonly string[] => [
  'psql',
  '--no-psqlrc',
  '--quiet',
  '--no-align',
  '--tuples-only',
  '--no-password',
  '--set=ON_ERROR_STOP=1',
  // An error shows neither the line nor the context, either of which may hold a value.
  '--set=VERBOSITY=terse',
  '--set=SHOW_CONTEXT=never',
  `--username=${administrator(service)}`,
  `--dbname=${database}`,
  '--file=-',
];

/** A `\set` line. psql knows `''` and the escapes of C inside of quotes. */
const setLine = (name: string, value: string): string =>
  `\\set ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'\n`;

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text as an SQL literal, for texts that are no secrets. */
export const literal = (text: string): string =>
  text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;

/** Takes the values of secrets out of a text that is about to be shown. */
const without = (text: string, variables: Variables): string =>
  Object.values(variables).reduce<string>(
    (left, value) => (typeof value === 'string' ? left : left.replaceAll(value.reveal(), String(value))),
    text,
  );

/** Runs SQL and resolves with what it printed. Throws `postgres/psql-failed` with the server's first line. */
export const runSql = async (
  exec: Exec,
  service: Service,
  {
    database,
    sql,
    variables = {},
  }: { readonly database: string; readonly sql: string; readonly variables?: Variables },
  signal: AbortSignal,
): Promise<string> => {
  const settings = Object.entries(variables)
    .map(([name, value]) => setLine(name, typeof value === 'string' ? value : value.reveal()))
    .join('');
  const outcome = await exec(psqlCommand(service, database), `${settings}${sql}\n`, signal);
  if (outcome.exitCode !== 0)
    throw error('postgres/psql-failed', {
      service: service.name,
      reason: without(outcome.stderr.trim().split('\n')[0] ?? '', variables) || `exit code ${outcome.exitCode}`,
    });
  if (outcome.truncated) throw error('postgres/psql-answer', { service: service.name, reason: 'it is too long' });
  return outcome.stdout.trim();
};

/** Runs a query that yields one JSON document, and checks it. */
export const queryJson = async <T>(
  exec: Exec,
  service: Service,
  query: {
    readonly database: string;
    readonly sql: string;
    readonly variables?: Variables;
    readonly shape: z.ZodType<T>;
  },
  signal: AbortSignal,
): Promise<T> => {
  const text = await runSql(exec, service, query, signal);
  try {
    return query.shape.parse(JSON.parse(text));
  } catch {
    // Messages of parsers quote what they could not read.
    throw error('postgres/psql-answer', { service: service.name, reason: 'it is not the JSON that was asked for' });
  }
};
