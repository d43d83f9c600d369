import type { Answer } from '../../contracts/evidence.ts';

/** What a probe learns of one nginx, as a stranger. */
export interface NginxEvidence {
  /** What the header `Server` says. */
  readonly server: Answer<string>;
  /** Container ports that serve plain HTTP instead of redirecting to HTTPS. */
  readonly plainPorts: Answer<readonly number[]>;
  /** TLS versions that a handshake succeeds with; empty without TLS. */
  readonly versions: Answer<readonly string[]>;
  /** Security headers that an answer or an error lacks, lower case. */
  readonly missingHeaders: Answer<readonly string[]>;
  /** Container ports that serve a host that nobody named. */
  readonly unknownHost: Answer<readonly number[]>;
  /** How many of the requests that came at once were turned away with 429, and with another refusal of limits. */
  readonly flood: Answer<{ readonly sent: number; readonly limited: number; readonly unavailable: number }>;
  /** True where the announcement of a body of 100 MB is refused. */
  readonly bodyRefused: Answer<boolean>;
  /** True where half of a request is cut off within 12 seconds. */
  readonly slowCutOff: Answer<boolean>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly nginx: NginxEvidence;
  }
}
