import type { Answer } from '../../contracts/evidence.ts';

/** What a server makes of somebody who comes without a login: `closed` where it answers nothing of the protocol. */
export type Reception = 'carried-out' | 'login-demanded' | 'closed';

/** An account, without its password. */
export interface AccountEvidence {
  readonly name: string;
  /** The database that knows it. */
  readonly database: string;
  /** `role@database`. */
  readonly roles: readonly string[];
}

/** What a running server showed. Each fact stands alone: one that could not be had leaves the others. */
export interface MongodbEvidence {
  /** FerretDB speaks the protocol, but has neither roles nor most settings. */
  readonly product: Answer<'mongodb' | 'ferretdb'>;
  /** Without TLS. */
  readonly plaintext: Answer<Reception>;
  /** Over TLS without a client certificate; `closed` where TLS is not offered. */
  readonly withoutCertificate: Answer<Reception>;
  /** Over TLS with a client certificate of the stack. */
  readonly withCertificate: Answer<Reception>;
  /** Protocol versions that the port takes; none where it offers no TLS. */
  readonly tlsVersions: Answer<readonly string[]>;
  /** Known logins that were accepted, by user, and how many were tried. */
  readonly knownLogins: Answer<{ readonly tried: number; readonly accepted: readonly string[] }>;
  /** Whether a query with a JavaScript condition is carried out. */
  readonly scripts: Answer<'run' | 'refused'>;
  /** Answers of `getParameter`, by name; what the server does not know is absent. */
  readonly parameters: Answer<{ readonly [name: string]: string }>;
  /** Connections that the server takes altogether; null where it does not count them. */
  readonly connections: Answer<number | null>;
  readonly accounts: Answer<readonly AccountEvidence[]>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly mongodb: MongodbEvidence;
  }
}
