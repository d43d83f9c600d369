import type { CertificateName } from '@palisade/fastify-guard';
import type { Secret } from '@palisade/vault/secret';
import type { Address } from '../connection/login.ts';

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
  /** How many instances of this service run; while Redis is away, each counts with its part of the limits. */
  readonly instances: number;
  /** Names in the gateway's certificate, one of which is needed to be believed; any certificate or none where absent. */
  readonly proxyNames?: readonly CertificateName[];
}

/** All that the environment decides, parsed once. */
export type Configuration = DevelopmentConfiguration | HardenedConfiguration;

/** Levels of the log, most important first. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
