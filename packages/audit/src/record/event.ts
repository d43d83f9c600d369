import type { ActivityOf, AuditClass, outcomes, severities } from './classes.ts';

/** Who did it. An identity is what an issuer says of a subject, so both belong together (RFC 7519, 4.1.2). */
export interface Actor {
  /** Stable id: `sub` of a token, the name of an account. */
  readonly uid?: string;
  /** A name for people. */
  readonly name?: string;
  /** Who vouches for the uid: `iss` of a token. */
  readonly issuer?: string;
  /** For example `user`, `service`, `operator`. */
  readonly type?: string;
  /** The session or the id (`jti`) of the token; never the token. */
  readonly session?: string;
}

/** Where it came from. */
export interface Source {
  readonly ip?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** What it was done to. */
export interface Resource {
  readonly type?: string;
  readonly uid?: string;
  readonly name?: string;
}

/** The request that asked for it. */
export interface RequestDetails {
  /** Id that other logs have too. */
  readonly uid?: string;
  readonly method?: string;
  /** The path, without its query, which may hold secrets. */
  readonly path?: string;
  readonly userAgent?: string;
  /** Status of the answer. */
  readonly status?: number;
}

interface EventOf<Class extends AuditClass> {
  readonly class: Class;
  readonly activity: ActivityOf<Class>;
  readonly outcome: keyof typeof outcomes;
  /** Stable code of what was asked for, for example `user.delete`. */
  readonly operation: string;
  /** `informational` where absent. */
  readonly severity?: keyof typeof severities;
  /** One sentence for people. */
  readonly message?: string;
  /** Why it ended so; a stable code or a short text. */
  readonly reason?: string;
  readonly actor?: Actor;
  readonly source?: Source;
  readonly resource?: Resource;
  readonly request?: RequestDetails;
  /** When it happened, in milliseconds since the epoch; the time of the append where absent. */
  readonly time?: number;
  /** Whatever else there is: plain data. Goes into `unmapped`. Secrets in it are struck out before anything is hashed. */
  readonly details?: { readonly [name: string]: unknown };
}

/** One thing that happened. The activities depend on the class. */
export type AuditEvent = { readonly [Class in AuditClass]: EventOf<Class> }[AuditClass];
