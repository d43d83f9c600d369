import type { Answer } from '../../contracts/evidence.ts';

/** What the server asks for before a login. `trust` means that it asks for nothing. */
export interface AuthenticationReply {
  readonly user: string;
  readonly reply: 'trust' | 'password' | 'md5' | 'scram' | 'other' | 'certificate-demanded' | 'refused';
  /** The server's message where it refused. */
  readonly detail?: string;
}

/** The TLS side of the server's port. */
export type TlsEvidence =
  | { readonly offered: false }
  | {
      readonly offered: true;
      /** Protocol versions that a handshake succeeded with, such as `TLSv1.3`. */
      readonly versions: readonly string[];
      readonly certificate: {
        readonly subject: string;
        readonly issuer: string;
        readonly alternativeNames: string;
        /** ISO times. */
        readonly notBefore: string;
        readonly notAfter: string;
        readonly serial: string;
      };
      /** Whether it verifies against the stack's authorities under the service's name; undefined where there are none. */
      readonly trusted?: boolean;
    };

/** A role as `pg_roles` shows it, with the form of the stored password, never the password. */
export interface RoleEvidence {
  readonly name: string;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly replication: boolean;
  readonly canLogin: boolean;
  /** -1 is no limit. */
  readonly connectionLimit: number;
  readonly password: 'none' | 'md5' | 'scram' | 'other';
}

/** A rule as the server has loaded it (`pg_hba_file_rules`). */
export interface LoadedRule {
  readonly line: number;
  readonly type: string;
  readonly databases: readonly string[];
  readonly users: readonly string[];
  /** `all`, `samenet`, a host name, or an address with mask length; absent for `local`. */
  readonly address?: string;
  readonly method: string;
  readonly options: readonly string[];
  /** Why the server refuses the line. */
  readonly error?: string;
}

/** A database, its limit, and whether everybody may create objects in its schema `public`. */
export interface DatabaseEvidence {
  readonly name: string;
  /** -1 is no limit. */
  readonly connectionLimit: number;
  readonly publicCanConnect: boolean;
  /** Unknown where the database could not be entered. */
  readonly publicCanCreate: Answer<boolean>;
}

/** What a running PostgreSQL server showed. Each fact stands alone: one that could not be had leaves the others. */
export interface PostgresEvidence {
  /** Replies without TLS, by user. */
  readonly plaintext: Answer<readonly AuthenticationReply[]>;
  /** Replies over TLS without a client certificate, by user. */
  readonly encrypted: Answer<readonly AuthenticationReply[]>;
  readonly tls: Answer<TlsEvidence>;
  /** Users whose default or written-down password was accepted, and how many pairs were tried. */
  readonly defaultLogins: Answer<{ readonly tried: number; readonly accepted: readonly string[] }>;
  /** For example `15.18`. */
  readonly version: Answer<string>;
  /** Values of `pg_settings`, by name; a name without a value does not exist in this server. */
  readonly settings: Answer<{ readonly [name: string]: string }>;
  readonly roles: Answer<readonly RoleEvidence[]>;
  readonly databases: Answer<readonly DatabaseEvidence[]>;
  readonly rules: Answer<readonly LoadedRule[]>;
  /** Whether an audited statement, made for the purpose, reached the server log. */
  readonly auditWrites: Answer<boolean>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly postgres: PostgresEvidence;
  }
}
