import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import { StartError } from './errors.ts';

/** Where the service listens. */
interface Listening {
  readonly host: string;
  readonly port: number;
}

/** A host and its port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Open to everybody, on purpose: a laptop's posture. */
export interface DevelopmentConfiguration extends Listening {
  readonly posture: 'development';
  readonly logLevel: LogLevel;
  /** A connection string, or the root token that reads one entry of Vault. */
  readonly credentials:
    | { readonly from: 'environment'; readonly url: Secret }
    | { readonly from: 'vault'; readonly address: string; readonly token: Secret; readonly path: string };
}

/** TLS only, nothing trusted that was not proven. */
export interface HardenedConfiguration extends Listening {
  readonly posture: 'hardened';
  readonly logLevel: LogLevel;
  /** Directory with `cert.pem`, `key.pem` and `ca.pem` of the server's identity. */
  readonly serverCertificates: string;
  /** The same for the identity shown to PostgreSQL. */
  readonly clientCertificates: string;
  readonly vault: {
    readonly address: string;
    readonly authorities: string;
    readonly roleIdFile: string;
    readonly secretIdFile: string;
    /** Milliseconds for which the start waits for Vault. */
    readonly startWithin: number;
  };
  readonly database: {
    /** Path below the KV mount `secret`. */
    readonly path: string;
    /** Overrides host and port of the entry, for where the server has another address than the one kept there. */
    readonly address?: Address;
    /** Overrides the entry's database. */
    readonly name?: string;
    /** Milliseconds between two looks for new credentials. */
    readonly refreshEvery: number;
  };
}

/** All that the environment decides, parsed once. */
export type Configuration = DevelopmentConfiguration | HardenedConfiguration;

/** Levels of the log, most important first. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const absolutePath = z.string().startsWith('/', 'has to be an absolute path');
const port = z.coerce.number('has to be a port number').int('has to be a port number').min(1).max(65_535);
const secretPath = z
  .string()
  .regex(/^[\w-]+(\/[\w-]+)*$/u, 'has to be a path below the KV mount, for example postgres/reference-api');
const seconds = (fallback: number): z.ZodType<number> =>
  z.coerce
    .number()
    .positive()
    .max(3600)
    .default(fallback)
    .transform((value) => value * 1000);
const url = (...protocols: string[]): z.ZodType<string> =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `has to be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
const hostAndPort = z
  .string()
  .regex(/^[\w.-]+:\d{1,5}$/u, 'has to be host:port')
  .transform((text): Address => {
    const [host = '', digits = ''] = text.split(':');
    return { host, port: Number(digits) };
  });

const development = z
  .object({
    HOST: z.string().default('0.0.0.0'),
    PORT: port.default(8000),
    LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('debug'),
    DATABASE_URL: url('postgresql:', 'postgres:').optional(),
    DATABASE_VAULT_PATH: secretPath.default('postgres'),
    VAULT_ADDR: url('http:', 'https:').optional(),
    VAULT_TOKEN: z.string().min(1).optional(),
  })
  .transform((env, context): DevelopmentConfiguration => {
    const base = { posture: 'development', host: env.HOST, port: env.PORT, logLevel: env.LOG_LEVEL } as const;
    if (env.DATABASE_URL !== undefined)
      return { ...base, credentials: { from: 'environment', url: new Secret(env.DATABASE_URL) } };
    if (env.VAULT_ADDR !== undefined && env.VAULT_TOKEN !== undefined) {
      const { VAULT_ADDR: address, VAULT_TOKEN: token, DATABASE_VAULT_PATH: path } = env;
      return { ...base, credentials: { from: 'vault', address, token: new Secret(token), path } };
    }
    context.addIssue({
      code: 'custom',
      path: ['DATABASE_URL'],
      message: 'is not set, nor VAULT_ADDR with VAULT_TOKEN',
    });
    return z.NEVER;
  });

const hardened = z
  .object({
    HOST: z.string().default('0.0.0.0'),
    PORT: port.default(8443),
    LOG_LEVEL: z.enum(['error', 'warn', 'info']).default('info'),
    TLS_DIRECTORY: absolutePath.default('/certs'),
    DATABASE_TLS_DIRECTORY: absolutePath.default('/client-certs'),
    DATABASE_VAULT_PATH: secretPath.default('postgres/reference-api'),
    DATABASE_ADDRESS: hostAndPort.optional(),
    DATABASE_NAME: z.string().min(1).max(63).optional(),
    CREDENTIALS_REFRESH_SECONDS: seconds(30),
    VAULT_ADDR: url('https:'),
    VAULT_CACERT: absolutePath,
    VAULT_ROLE_ID_FILE: absolutePath,
    VAULT_SECRET_ID_FILE: absolutePath,
    VAULT_START_SECONDS: seconds(15),
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
      path: env.DATABASE_VAULT_PATH,
      ...(env.DATABASE_ADDRESS === undefined ? {} : { address: env.DATABASE_ADDRESS }),
      ...(env.DATABASE_NAME === undefined ? {} : { name: env.DATABASE_NAME }),
      refreshEvery: env.CREDENTIALS_REFRESH_SECONDS,
    },
  }));

/** What a laptop's environment holds and a production one must not: each would undo the posture. */
const developmentOnly = ['VAULT_TOKEN', 'DATABASE_URL', 'CORS_ORIGINS', 'DEBUG', 'ENABLE_DOCS'] as const;
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
