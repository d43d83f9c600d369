import type { z } from 'zod';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { error } from './errors.ts';
import { clientProgram, type Product } from './image.ts';

/** Runs a program beside the service with its local administrator's identity. */
export type Exec = NonNullable<ProbeTarget['exec']>;

/** A text as an SQL literal, whatever the server's SQL mode. For texts that are no secrets. */
export const literal = (text: string): string => {
  if (/[\\\p{Cc}]/u.test(text)) throw new TypeError(`${JSON.stringify(text)} cannot stand in a statement`);
  return `'${text.replaceAll("'", "''")}'`;
};

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A database's name as GRANT takes it, where `_` and `%` stand for other characters unless they are escaped. */
export const grantedName = (database: string): string => database.replaceAll(/[_%]/g, '\\$&');

/** An account: `'api'@'127.0.0.1'`. */
export const accountName = (user: string, host: string): string => `${literal(user)}@${literal(host)}`;

/** Runs SQL, which goes through standard input alone, and resolves with what it printed. Throws `mysql/client-failed`. */
export const runSql = async (exec: Exec, service: Service, sql: string, signal: AbortSignal): Promise<string> => {
  const command = [
    clientProgram(service),
    '--batch',
    '--raw',
    '--skip-column-names',
    '--default-character-set=utf8mb4',
  ];
  const { exitCode, stdout, stderr, truncated } = await exec(command, `${sql}\n`, signal);
  if (exitCode !== 0)
    throw error('mysql/client-failed', {
      service: service.name,
      // An error repeats what stands near the fault; a hash in it is not shown.
      reason:
        stderr
          .trim()
          .split('\n')
          .find((line) => line.startsWith('ERROR'))
          ?.replaceAll(/\*[0-9A-F]{8,}|0x[0-9A-Fa-f]{8,}/g, '…')
          .slice(0, 300) ?? `exit code ${exitCode}`,
    });
  if (truncated) throw error('mysql/client-failed', { service: service.name, reason: 'its answer is too long' });
  return stdout;
};

/** Runs a query whose rows are one JSON document each, and checks them. */
export const queryRows = async <T>(
  exec: Exec,
  service: Service,
  sql: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<readonly T[]> => {
  const answer = await runSql(exec, service, sql, signal);
  try {
    return answer
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => row.parse(JSON.parse(line)));
  } catch (thrown) {
    throw error(
      'mysql/client-failed',
      { service: service.name, reason: 'the client answered with something else than rows of JSON' },
      thrown,
    );
  }
};

/** Which server answers, whatever the image says. */
export const askProduct = async (
  exec: Exec,
  service: Service,
  signal: AbortSignal,
): Promise<{ readonly product: Product; readonly version: string }> => {
  const version = (await runSql(exec, service, 'SELECT VERSION();', signal)).trim();
  return { product: /mariadb/i.test(version) ? 'mariadb' : 'mysql', version };
};
