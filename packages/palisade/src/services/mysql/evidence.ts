import type { Answer } from '../../contracts/evidence.ts';

/**
 * What became of a login. `closed`: nobody gets in this way, because TLS is not offered or its handshake is refused;
 * `tls-demanded`: refused for the lack of TLS; `denied`: refused, and not told why.
 */
export type LoginResult = 'let-in' | 'denied' | 'tls-demanded' | 'closed';

/** A way to the server. */
export type Way = 'plaintext' | 'tls' | 'certificate';

/** An account, without its password. */
export interface AccountEvidence {
  readonly user: string;
  readonly host: string;
  readonly locked: boolean;
  /** False where somebody who names the account is let in without any proof. */
  readonly proven: boolean;
  readonly certificate: 'none' | 'tls' | 'x509' | 'subject';
  /** Connections at the same time; 0 where the account has no limit of its own. */
  readonly connections: number;
  /** Privileges that reach beyond data. */
  readonly powers: readonly string[];
}

/** What a running server showed. Each fact stands alone: one that could not be had leaves the others. */
export interface MysqlEvidence {
  readonly version: Answer<string>;
  /** Login with a name that nobody has and no password, by each way; only an anonymous account lets it in. */
  readonly nobody: Answer<{
    readonly plaintext: LoginResult;
    readonly tls: LoginResult;
    readonly certificate: LoginResult;
  }>;
  /** Known passwords that were accepted, with the way, and how many were tried. */
  readonly knownLogins: Answer<{
    readonly tried: number;
    readonly accepted: readonly { readonly user: string; readonly way: Way }[];
  }>;
  /** Protocol versions that the port takes; none where it offers no TLS. */
  readonly tlsVersions: Answer<readonly string[]>;
  /** Global variables by name, as the server prints them. */
  readonly settings: Answer<{ readonly [name: string]: string }>;
  readonly accounts: Answer<readonly AccountEvidence[]>;
  /** Active plug-ins and components that write an audit log. */
  readonly auditors: Answer<readonly string[]>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly mysql: MysqlEvidence;
  }
}
