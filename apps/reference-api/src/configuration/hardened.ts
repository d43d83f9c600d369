import * as z from 'zod';
import type { HardenedConfiguration } from './configuration.ts';
import { entryOf, neighbourEntry, postgresEntry } from './servers.ts';
import {
  absolutePath,
  count,
  hostAndPort,
  port,
  proxyNames,
  secretPath,
  seconds,
  trueOrFalse,
  url,
} from './variables.ts';

/** The variables of the hardened posture. */
export const hardened = z
  .object({
    HOST: z.string().default('0.0.0.0'),
    PORT: port.default(8443),
    LOG_LEVEL: z.enum(['error', 'warn', 'info']).default('info'),
    TLS_DIRECTORY: absolutePath.default('/certs'),
    DATABASE_TLS_DIRECTORY: absolutePath.default('/client-certs'),
    DATABASE_VAULT_PATH: secretPath.default('postgres/reference-api'),
    DATABASE_ADDRESS: hostAndPort.optional(),
    DATABASE_NAME: z.string().min(1).max(63).optional(),
    DATABASE_POOLED: trueOrFalse,
    MYSQL_VAULT_PATH: neighbourEntry.VAULT_PATH,
    MYSQL_ADDRESS: neighbourEntry.ADDRESS,
    MYSQL_NAME: neighbourEntry.NAME,
    MONGODB_VAULT_PATH: neighbourEntry.VAULT_PATH,
    MONGODB_ADDRESS: neighbourEntry.ADDRESS,
    MONGODB_NAME: neighbourEntry.NAME,
    REDIS_VAULT_PATH: neighbourEntry.VAULT_PATH,
    REDIS_ADDRESS: neighbourEntry.ADDRESS,
    RABBITMQ_VAULT_PATH: neighbourEntry.VAULT_PATH,
    RABBITMQ_ADDRESS: neighbourEntry.ADDRESS,
    RABBITMQ_NAME: neighbourEntry.NAME,
    CREDENTIALS_REFRESH_SECONDS: seconds(30),
    PUBLIC_ORIGIN: url('https:')
      .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'has to be an origin, without a path')
      .default('https://localhost'),
    OIDC_ISSUER: url('https:').optional(),
    SIGNING_KEYS_VAULT_PATH: secretPath.default('reference-api/signing-keys'),
    LEGACY_PASSWORD_GRANT: trueOrFalse,
    AUDIT_DIRECTORY: absolutePath.default('/var/lib/reference-api/audit'),
    AUDIT_SIGNING_KEY_NAME: z
      .string()
      .regex(/^[\w-]+$/u, 'has to be the name of a key')
      .optional(),
    INSTANCES: count,
    TRUSTED_PROXIES: z.string().default(''),
    TRUSTED_PROXY_NAMES: proxyNames,
    VAULT_ADDR: url('https:'),
    VAULT_CACERT: absolutePath,
    VAULT_ROLE_ID_FILE: absolutePath,
    VAULT_SECRET_ID_FILE: absolutePath,
    VAULT_START_SECONDS: seconds(15),
  })
  .refine(({ OIDC_ISSUER: outside, LEGACY_PASSWORD_GRANT: form }) => outside === undefined || !form, {
    path: ['LEGACY_PASSWORD_GRANT'],
    error: 'has no meaning beside OIDC_ISSUER: passwords are taken by the own authorization server alone',
  })
  .transform((env): HardenedConfiguration => ({
    posture: 'hardened',
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    serverCertificates: env.TLS_DIRECTORY,
    clientCertificates: env.DATABASE_TLS_DIRECTORY,
    vault: {
      address: env.VAULT_ADDR,
      authorities: env.VAULT_CACERT,
      roleIdFile: env.VAULT_ROLE_ID_FILE,
      secretIdFile: env.VAULT_SECRET_ID_FILE,
      startWithin: env.VAULT_START_SECONDS,
    },
    database: {
      ...postgresEntry,
      path: env.DATABASE_VAULT_PATH,
      addresses: env.DATABASE_ADDRESS === undefined ? [] : [env.DATABASE_ADDRESS],
      ...(env.DATABASE_NAME === undefined ? {} : { name: env.DATABASE_NAME }),
    },
    databasePooled: env.DATABASE_POOLED,
    neighbours: new Map([
      ...entryOf('mysql', { VAULT_PATH: env.MYSQL_VAULT_PATH, ADDRESS: env.MYSQL_ADDRESS, NAME: env.MYSQL_NAME }),
      ...entryOf('mongodb', {
        VAULT_PATH: env.MONGODB_VAULT_PATH,
        ADDRESS: env.MONGODB_ADDRESS,
        NAME: env.MONGODB_NAME,
      }),
      ...entryOf('redis', { VAULT_PATH: env.REDIS_VAULT_PATH, ADDRESS: env.REDIS_ADDRESS }),
      ...entryOf('rabbitmq', {
        VAULT_PATH: env.RABBITMQ_VAULT_PATH,
        ADDRESS: env.RABBITMQ_ADDRESS,
        NAME: env.RABBITMQ_NAME,
      }),
    ]),
    refreshEvery: env.CREDENTIALS_REFRESH_SECONDS,
    origin: env.PUBLIC_ORIGIN,
    issuer:
      env.OIDC_ISSUER === undefined
        ? {
            kind: 'own',
            keysPath: env.SIGNING_KEYS_VAULT_PATH,
            legacyPasswordGrant: env.LEGACY_PASSWORD_GRANT,
          }
        : { kind: 'outside', url: env.OIDC_ISSUER },
    auditDirectory: env.AUDIT_DIRECTORY,
    ...(env.AUDIT_SIGNING_KEY_NAME === undefined ? {} : { auditSigningKey: env.AUDIT_SIGNING_KEY_NAME }),
    instances: env.INSTANCES,
    proxies: env.TRUSTED_PROXIES.split(',').filter((each) => each !== ''),
    ...(env.TRUSTED_PROXY_NAMES === undefined ? {} : { proxyNames: env.TRUSTED_PROXY_NAMES }),
  }));
