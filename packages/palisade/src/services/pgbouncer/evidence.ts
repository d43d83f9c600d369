import type { Answer } from '../../contracts/evidence.ts';

/** What the pooler asks for before a login. `trust` means that it asks for nothing. */
export interface LoginReply {
  readonly user: string;
  readonly reply: 'trust' | 'password' | 'md5' | 'scram' | 'other' | 'certificate-demanded' | 'refused';
  readonly detail?: string;
}

/** What a running pooler showed. Each fact stands alone: one that could not be had leaves the others. */
export interface PgbouncerEvidence {
  /** Replies without TLS, by user. */
  readonly plaintext: Answer<readonly LoginReply[]>;
  /** Replies over TLS without a client certificate, by user; empty where TLS is not offered. */
  readonly encrypted: Answer<readonly LoginReply[]>;
  /** Replies to those who ask for the console, by user, with the stack's client certificate where there is one. */
  readonly console: Answer<readonly LoginReply[]>;
  /** Versions that a handshake succeeded with; absent where TLS is not offered. */
  readonly tls: Answer<{ readonly offered: boolean; readonly versions: readonly string[]; readonly trusted?: boolean }>;
  /** Values of `SHOW CONFIG`, by name. */
  readonly settings: Answer<{ readonly [name: string]: string }>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly pgbouncer: PgbouncerEvidence;
  }
}
