import type { Answer } from '../../contracts/evidence.ts';

/** A version of TLS by the name that Node uses. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** The certificate that the service showed. */
export interface ServedCertificate {
  /** Serial number in hex. */
  readonly serial: string;
  /** ISO time. */
  readonly notAfter: string;
  /** DNS names and addresses, lower case. */
  readonly names: readonly string[];
  /** True where an authority of the stack signed it for the service's name; absent where no authority is known. */
  readonly trusted?: boolean;
}

/** A route and the status that it answers a stranger with. */
export interface AnsweredRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly status: number;
}

/** How the business routes answer a stranger. */
export interface RouteAnswers {
  /** Those that served the request, or looked at it, without asking who calls. */
  readonly open: readonly AnsweredRoute[];
  /** How many asked for credentials. */
  readonly guarded: number;
  /** How many gave no answer, or one that tells nothing. */
  readonly unanswered: number;
}

/** Which trick an origin that is let in has used. */
export type OriginTrick = 'any' | 'null' | 'suffix' | 'prefix' | 'wildcard';

/** An answer that lets pages of a foreign origin read it. */
export interface ReflectedOrigin {
  readonly trick: OriginTrick;
  /** True where the browser would send the user's cookies along. */
  readonly credentials: boolean;
}

/** What an error answer gives away: the sort alone, never the text. */
export type LeakKind = 'stack trace' | 'source path' | 'SQL error' | 'debugger page' | 'credential';

/** One leak and what provoked it. */
export interface Leak {
  readonly kind: LeakKind;
  readonly provokedBy: 'malformed JSON' | 'unknown route' | 'malformed URL' | 'bad parameter';
}

/** What the headers of an answer lack and give away, by name. */
export interface HeaderAnswers {
  readonly missing: readonly string[];
  readonly revealing: readonly string[];
}

/** What a probe learns of one HTTP service, as a stranger. */
export interface HttpEvidence {
  /** Container ports that serve HTTP without TLS; a redirect to HTTPS does not count. */
  readonly plaintextPorts: Answer<readonly number[]>;
  /** TLS versions that a handshake succeeds with; empty for a service without TLS. */
  readonly protocols: Answer<readonly TlsVersion[]>;
  readonly certificate: Answer<ServedCertificate>;
  readonly routes: Answer<RouteAnswers>;
  /** Documentation, debugging and metrics that are shown to everybody. */
  readonly exposed: Answer<readonly AnsweredRoute[]>;
  readonly origins: Answer<readonly ReflectedOrigin[]>;
  readonly leaks: Answer<readonly Leak[]>;
  readonly headers: Answer<HeaderAnswers>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly http: HttpEvidence;
  }
}
