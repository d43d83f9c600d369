import { StartError } from '../errors.ts';
import type { Configuration } from './configuration.ts';
import { development } from './development.ts';
import { hardened } from './hardened.ts';

/** What a laptop's environment holds and a production one must not: each would undo the posture. */
const developmentOnly = [
  'VAULT_TOKEN',
  'DATABASE_URL',
  'MYSQL_URL',
  'MONGODB_URL',
  'REDIS_URL',
  'RABBITMQ_URL',
  'CORS_ORIGINS',
  'DEBUG',
  'ENABLE_DOCS',
] as const;
const harmless = new Set([undefined, '', 'false', '0']);

/**
 * Parses the environment.
 *
 * @throws StartError `configuration/variable-invalid` with every wrong variable by name, never by value;
 * `configuration/not-in-production` where the hardened posture is handed what belongs to development.
 */
export const parseConfiguration = (environment: Readonly<Record<string, string | undefined>>): Configuration => {
  const posture = environment['REFERENCE_API_POSTURE'];
  if (posture !== 'development' && posture !== 'hardened')
    throw new StartError(
      'configuration/variable-invalid',
      'REFERENCE_API_POSTURE has to be "development" or "hardened"; no posture is assumed',
    );
  if (posture === 'hardened') {
    const leftovers = developmentOnly.filter((name) => !harmless.has(environment[name]));
    if (leftovers.length > 0)
      throw new StartError(
        'configuration/not-in-production',
        `${leftovers.join(', ')} must not be set in the hardened posture`,
      );
  }
  const parsed = (posture === 'hardened' ? hardened : development).safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'invalid_type' && environment[String(issue.path[0])] === undefined
      ? `${issue.path.join('.')} is not set`
      : `${issue.path.join('.')} ${issue.message}`,
  );
  throw new StartError('configuration/variable-invalid', problems.join('; '));
};
