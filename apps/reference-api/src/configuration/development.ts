import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import type { DevelopmentConfiguration } from './configuration.ts';
import { postgresEntry } from './servers.ts';
import { port, secretPath, url, urls } from './variables.ts';

/** The variables of the development posture. */
export const development = z
  .object({
    MYSQL_URL: urls('mysql:'),
    MONGODB_URL: urls('mongodb:'),
    REDIS_URL: urls('redis:'),
    RABBITMQ_URL: urls('amqp:'),
    HOST: z.string().default('0.0.0.0'),
    PORT: port.default(8000),
    LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('debug'),
    DATABASE_URL: url('postgresql:', 'postgres:').optional(),
    DATABASE_VAULT_PATH: secretPath.default('postgres'),
    VAULT_ADDR: url('http:', 'https:').optional(),
    VAULT_TOKEN: z.string().min(1).optional(),
  })
  .transform((env, context): DevelopmentConfiguration => {
    const given = [
      ['mysql', env.MYSQL_URL],
      ['mongodb', env.MONGODB_URL],
      ['redis', env.REDIS_URL],
      ['rabbitmq', env.RABBITMQ_URL],
    ] as const;
    const base = {
      posture: 'development',
      host: env.HOST,
      port: env.PORT,
      logLevel: env.LOG_LEVEL,
      neighbours: new Map(given.flatMap(([name, found]) => (found === undefined ? [] : [[name, found] as const]))),
    } as const;
    if (env.DATABASE_URL !== undefined)
      return { ...base, credentials: { from: 'environment', url: new Secret(env.DATABASE_URL) } };
    if (env.VAULT_ADDR !== undefined && env.VAULT_TOKEN !== undefined) {
      const { VAULT_ADDR: address, VAULT_TOKEN: token, DATABASE_VAULT_PATH: path } = env;
      const entry = { ...postgresEntry, path };
      return { ...base, credentials: { from: 'vault', address, token: new Secret(token), entry } };
    }
    context.addIssue({
      code: 'custom',
      path: ['DATABASE_URL'],
      message: 'is not set, nor VAULT_ADDR with VAULT_TOKEN',
    });
    return z.NEVER;
  });
