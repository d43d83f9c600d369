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
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number;
  /** What was sent along; nothing where absent. */
  readonly with?: 'a malformed token';
}

/** How the business routes answer a stranger. */
export interface RouteAnswers {
  /** Those that served the request, or looked at it, without asking who calls. */
  readonly open: readonly AnsweredRoute[];
  /** How many asked for credentials. */
  readonly guarded: number;
  /** How many gave no answer, or one that tells nothing. */
  readonly unanswered: number;
  /** The operations that are declared to be for everybody: `GET /health`. */
  readonly public: readonly string[];
  /** How many operations are declared to be protected and cannot be tried without the risk of a change. */
  readonly untried: number;
  /** How many routes are declared to be protected and are answered like paths that nobody has. */
  readonly absent: number;
  /** Paths that answer a stranger's GET with 401, the first of which is attacked with forged tokens. */
  readonly locked: readonly string[];
}

/** A way to forge an access token. */
export type TokenTrick =
  | 'no token at all'
  | 'no algorithm (none)'
  | 'no algorithm (None)'
  | 'no algorithm (NONE)'
  | 'the public key as an HMAC secret'
  | 'an empty HMAC key by a climbing kid'
  | 'an empty signature'
  | 'a foreign key under the right kid'
  | 'an expired one'
  | 'one for another audience'
  | 'a key by its address in the header (jku)'
  | 'a key in the header (jwk)'
  | 'two parts alone'
  | 'the shape of an encrypted one'
  | 'an oversized one'
  | 'one in the address (access_token)';

/** How a service answers forged tokens. */
export interface TokenAnswers {
  /** The path that was asked for. */
  readonly path: string;
  /** Whether it asks a stranger for credentials at all. */
  readonly asks: boolean;
  readonly refused: readonly TokenTrick[];
  readonly accepted: readonly TokenTrick[];
  /** Those that made the service answer with a server error. */
  readonly broke: readonly TokenTrick[];
  /** Those that were answered in no way that tells, or not at all. */
  readonly unclear: readonly TokenTrick[];
  /** Those that could not be made: what they need was not found. */
  readonly untried: readonly TokenTrick[];
  /** True where one of the answers asked for a bearer token. */
  readonly takesBearer: boolean;
  /** How many answers with 401 came without a challenge, or without one for a bearer token where the service takes those. */
  readonly unchallenged: number;
}

/** How a service answers a burst of requests with wrong tokens. */
export interface LimitAnswers {
  readonly path: string;
  readonly sent: number;
  /** Requests before the first 429; absent where there was none. */
  readonly refusedAfter?: number;
  /** Whether each 429 said when to come back. */
  readonly retryAfter?: boolean;
  /** The limit that the answers declare: requests in a window. */
  readonly declared?: { readonly limit: number; readonly counted: boolean };
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
  readonly tokens: Answer<TokenAnswers>;
  readonly limits: Answer<LimitAnswers>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly http: HttpEvidence;
  }
}
