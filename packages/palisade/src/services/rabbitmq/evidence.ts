import type { Answer } from '../../contracts/evidence.ts';

/** What the server says to somebody who comes without an account. */
export interface Reception {
  /** `closed`: no answer of the protocol, so that nobody gets in this way. */
  readonly greeting: 'answered' | 'closed';
  /** Ways to log in that it offers; none where it hangs up. */
  readonly mechanisms: readonly string[];
}

/** How the management interface is reached; `none` where it is not enabled. */
export interface ManagementEvidence {
  readonly plaintext: 'answered' | 'closed';
  /** Over TLS, without a client certificate. */
  readonly withoutCertificate: 'answered' | 'closed';
}

/** A user, without its password. A limit is absent where there is none. */
export interface UserEvidence {
  readonly name: string;
  readonly tags: readonly string[];
  /** Vhosts in which it may do something. */
  readonly vhosts: readonly string[];
  /** Vhosts in which it may touch everything, the exchanges of the server itself too. */
  readonly unlimited: readonly string[];
  readonly connections?: number;
  readonly channels?: number;
}

/** A vhost with its limits. */
export interface VhostEvidence {
  readonly name: string;
  readonly connections?: number;
}

/** Settings of the running node. */
export interface NodeSettings {
  /** Permission bits of the file with the cookie; null where it cannot be found. */
  readonly cookieMode: number | null;
  /** Characters of the cookie. */
  readonly cookieLength: number;
  readonly mechanisms: readonly string[];
  /** Users that may come from loopback alone. */
  readonly loopbackUsers: readonly string[];
  /** Bytes that have to be free. */
  readonly diskFreeLimit: number;
  /** Part of the memory, or bytes. */
  readonly memoryWatermark: number | null;
  /** Null where there is no limit. */
  readonly connections: number | null;
  readonly channels: number;
  /** Level from which events of connections are written down; null where all of the log's are. */
  readonly connectionLog: string | null;
}

/** What a running server showed. Each fact stands alone: one that could not be had leaves the others. */
export interface RabbitEvidence {
  /** Without TLS. */
  readonly plaintext: Answer<Reception>;
  /** Over TLS without a client certificate; `closed` where TLS is not offered. */
  readonly withoutCertificate: Answer<Reception>;
  /** Over TLS with a client certificate of the stack. */
  readonly withCertificate: Answer<Reception>;
  /** Protocol versions that the port takes; none where it offers no TLS. */
  readonly tlsVersions: Answer<readonly string[]>;
  /** Known passwords that were accepted, by user, and how many were tried. */
  readonly knownLogins: Answer<{ readonly tried: number; readonly accepted: readonly string[] }>;
  /** Whether the mechanism ANONYMOUS lets somebody in. */
  readonly anonymous: Answer<'accepted' | 'refused'>;
  readonly management: Answer<ManagementEvidence | 'none'>;
  readonly settings: Answer<NodeSettings>;
  readonly users: Answer<readonly UserEvidence[]>;
  readonly vhosts: Answer<readonly VhostEvidence[]>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly rabbitmq: RabbitEvidence;
  }
}
