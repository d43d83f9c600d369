import type { CertificateName } from '@palisade/fastify-guard';
import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import type { Address } from './connection/login.ts';
import { StartError } from './errors.ts';

/** Where the service listens. */
interface Listening {
  readonly host: string;
  readonly port: number;
}

/** Servers that this service may call beside its database. */
export const neighbours = ['mysql', 'mongodb', 'redis', 'rabbitmq'] as const;

/** One of them. */
export type Neighbour = (typeof neighbours)[number];

/** Where the login of a server is kept, and what the environment knows better than the entry. */
export interface ServerEntry {
  /** Path below the KV mount `secret`. */
  readonly path: string;
  /** Override host and port of the entry, for where the server has another address than the one kept there. */
  readonly addresses: readonly Address[];
  /** Overrides the entry's database. */
  readonly name?: string;
  /** Where the entry says none. */
  readonly defaultPort: number;
  /** False for servers without databases. */
  readonly needsDatabase: boolean;
}

/** Open to everybody, on purpose: a laptop's posture. */
export interface DevelopmentConfiguration extends Listening {
  readonly posture: 'development';
  readonly logLevel: LogLevel;
  /** A connection string, or the root token that reads one entry of Vault. */
  readonly credentials:
    | { readonly from: 'environment'; readonly url: Secret }
    | { readonly from: 'vault'; readonly address: string; readonly token: Secret; readonly entry: ServerEntry };
  /** Connection strings of the neighbours; several for a cluster. Who has none is not called. */
  readonly neighbours: ReadonlyMap<Neighbour, readonly Secret[]>;
}

/** The authorization server of this service. */
export interface OwnIssuer {
  readonly kind: 'own';
  /** Where the signing keys are kept, below the KV mount `secret`. */
  readonly keysPath: string;
  /** Serves `POST /token`, which takes passwords from every client. */
  readonly legacyPasswordGrant: boolean;
}

/** An issuer that is somebody else's; its keys are found from its address. */
export interface OutsideIssuer {
  readonly kind: 'outside';
  readonly url: string;
}

/** TLS only, nothing trusted that was not proven. */
export interface HardenedConfiguration extends Listening {
  readonly posture: 'hardened';
  readonly logLevel: LogLevel;
  /** Directory with `cert.pem`, `key.pem` and `ca.pem` of the server's identity. */
  readonly serverCertificates: string;
  /** The same for the identity shown to the servers that this service calls. */
  readonly clientCertificates: string;
  readonly vault: {
    readonly address: string;
    readonly authorities: string;
    readonly roleIdFile: string;
    readonly secretIdFile: string;
    /** Milliseconds for which the start waits for Vault. */
    readonly startWithin: number;
  };
  readonly database: ServerEntry;
  /** True where the database is reached through a pooler, as PgBouncer. */
  readonly databasePooled: boolean;
  /** The neighbours that are called. */
  readonly neighbours: ReadonlyMap<Neighbour, ServerEntry>;
  /** Milliseconds between two looks for new credentials. */
  readonly refreshEvery: number;
  /** Where callers see this service: `https://api.example`, without a path. The audience of tokens. */
  readonly origin: string;
  /** Who gives tokens out: this service itself, or somebody whose address is all that is needed. */
  readonly issuer: OwnIssuer | OutsideIssuer;
  /** Directory of the audit log. */
  readonly auditDirectory: string;
  /** The key of Vault's transit engine that signs its checkpoints; nobody signs where absent. */
  readonly auditSigningKey?: string;
  /** Networks of the gateway. */
  readonly proxies: readonly string[];
  /** Names in the gateway's certificate, one of which is needed to be believed; any certificate or none where absent. */
  readonly proxyNames?: readonly CertificateName[];
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
const trueOrFalse = z
  .enum(['true', 'false'], 'has to be true or false')
  .default('false')
  .transform((text) => text === 'true');
const hostAndPort = z
  .string()
  .regex(/^[\w.-]+:\d{1,5}$/u, 'has to be host:port')
  .transform((text): Address => {
    const [host = '', digits = ''] = text.split(':');
    return { host, port: Number(digits) };
  });

const addresses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(hostAndPort).min(1));

/** Ports by the servers' own documentation, with TLS and without, and who has databases. */
const servers = {
  mysql: { defaultPort: 3306, plaintextPort: 3306, needsDatabase: true },
  mongodb: { defaultPort: 27_017, plaintextPort: 27_017, needsDatabase: true },
  redis: { defaultPort: 6379, plaintextPort: 6379, needsDatabase: false },
  rabbitmq: { defaultPort: 5671, plaintextPort: 5672, needsDatabase: false },
} as const satisfies Record<Neighbour, { defaultPort: number; plaintextPort: number; needsDatabase: boolean }>;

/** The port of a neighbour whose connection string names none. */
export const plaintextPortOf = (neighbour: Neighbour): number => servers[neighbour].plaintextPort;

const postgresEntry = { defaultPort: 5432, needsDatabase: true, addresses: [] } as const;

/** A list of connection strings, all of them of one protocol. */
const urls = (protocol: string): z.ZodType<readonly Secret[] | undefined> =>
  z
    .string()
    .refine((text) => text.split(',').every((each) => url(protocol).safeParse(each).success), {
      error: `has to be a URL, or several with commas, that begin with ${protocol}//`,
    })
    .transform((text): readonly Secret[] => text.split(',').map((each) => new Secret(each)))
    .optional();

/** The variables of one neighbour in the hardened posture; without a path it is not called. */
const neighbourEntry = {
  VAULT_PATH: secretPath.optional(),
  ADDRESS: addresses.optional(),
  NAME: z.string().min(1).max(64).optional(),
};

const entryOf = (
  neighbour: Neighbour,
  variables: { VAULT_PATH?: string | undefined; ADDRESS?: Address[] | undefined; NAME?: string | undefined },
): readonly (readonly [Neighbour, ServerEntry])[] =>
  variables.VAULT_PATH === undefined
    ? []
    : [
        [
          neighbour,
          {
            path: variables.VAULT_PATH,
            addresses: variables.ADDRESS ?? [],
            ...(variables.NAME === undefined ? {} : { name: variables.NAME }),
            defaultPort: servers[neighbour].defaultPort,
            needsDatabase: servers[neighbour].needsDatabase,
          },
        ],
      ];

const development = z
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

/** Of certificates: `DNS:gateway`, several with commas. */
const proxyNames = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.templateLiteral([z.enum(['DNS', 'URI']), ':', z.string().regex(/^[^\s*]+$/u)])).min(1))
  .optional();

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
    proxies: env.TRUSTED_PROXIES.split(',').filter((each) => each !== ''),
    ...(env.TRUSTED_PROXY_NAMES === undefined ? {} : { proxyNames: env.TRUSTED_PROXY_NAMES }),
  }));

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
