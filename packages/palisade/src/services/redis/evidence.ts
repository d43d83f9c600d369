import type { Answer } from '../../contracts/evidence.ts';

/** What the server says to somebody who comes without an account. */
export interface Reception {
  /** `closed`: no answer of the protocol, so that nobody gets in this way. */
  readonly ping: 'answered' | 'login-demanded' | 'denied' | 'closed';
  /** Commands of administrators that it carried out, tried in their harmless forms. */
  readonly carriedOut: readonly string[];
}

/** An account, without its password. */
export interface AccountEvidence {
  readonly name: string;
  readonly on: boolean;
  readonly noPassword: boolean;
  /** True where its rules let it administer or destroy. */
  readonly powerful: boolean;
}

/** What a running server showed. Each fact stands alone: one that could not be had leaves the others. */
export interface RedisEvidence {
  /** Without TLS. */
  readonly plaintext: Answer<Reception>;
  /** Over TLS without a client certificate; `closed` where TLS is not offered. */
  readonly withoutCertificate: Answer<Reception>;
  /** Over TLS with a client certificate of the stack and without a login. */
  readonly withCertificate: Answer<Reception>;
  /** Protocol versions that the port takes; none where it offers no TLS. */
  readonly tlsVersions: Answer<readonly string[]>;
  /** Known passwords that were accepted, by user, and how many were tried. */
  readonly knownLogins: Answer<{ readonly tried: number; readonly accepted: readonly string[] }>;
  /** What the bus of a cluster speaks; `none` where the server is no part of one. */
  readonly bus: Answer<'tls' | 'plaintext' | 'none'>;
  /** Answers of `CONFIG GET`, by name. */
  readonly settings: Answer<{ readonly [name: string]: string }>;
  readonly accounts: Answer<readonly AccountEvidence[]>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly redis: RedisEvidence;
  }
}
