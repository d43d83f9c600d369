import type { Change } from './change.ts';
import type { Evidence, EvidenceName } from './evidence.ts';
import type { Location } from './location.ts';
import type { Stack } from './stack.ts';

/** How much harm a failing control allows, in descending order. */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** What an observation is about. */
export type Resource =
  | { readonly type: 'service' | 'network' | 'volume' | 'secret' | 'file'; readonly name: string }
  | { readonly type: 'project' };

/** The answer of a control about one resource. */
export type Observation =
  | { readonly outcome: 'pass'; readonly resource: Resource; readonly message: string; readonly at?: Location }
  | {
      readonly outcome: 'not-applicable';
      readonly resource: Resource;
      readonly message: string;
      readonly at?: Location;
    }
  | { readonly outcome: 'unknown'; readonly resource: Resource; readonly message: string; readonly at?: Location }
  | {
      readonly outcome: 'fail';
      readonly resource: Resource;
      /** What is wrong, in one sentence, without a secret. */
      readonly message: string;
      /** The line to change; absent only where the evidence is a running service. */
      readonly at?: Location;
      /**
       * What tells this failure from others of the same control and resource: a port, the name of a variable. Never a
       * secret, never a line. Part of the fingerprint; the message stands in for it where it is absent.
       */
      readonly key?: string;
      /** Edits that clear the finding; absent where only a person can do it (then `Control.fix` says how). */
      readonly remedy?: readonly Change[];
    };

/** Items of the production checklist, in the order of the page. */
export type ChecklistItem =
  | 'no-root-token'
  | 'approle'
  | 'least-privilege-policies'
  | 'tls-only'
  | 'mutual-tls'
  | 'endpoint-authentication'
  | 'rate-limiting'
  | 'vault-audit'
  | 'database-audit'
  | 'log-aggregation'
  | 'alerts'
  | 'secret-rotation'
  | 'firewall'
  | 'container-scanning'
  | 'network-policies'
  | 'no-debug-logging'
  | 'file-permissions'
  | 'backup-encryption'
  | 'intrusion-detection'
  | 'security-audit'
  | 'documented-procedures';

/** A public source that asks for the control. Numbers are verified before they are written down. */
export interface Reference {
  /** For example `CIS Docker Benchmark 1.6`, `Compose specification`. */
  readonly source: string;
  /** For example `5.12`; absent where the source has no numbers. */
  readonly section?: string;
  readonly url?: string;
}

/** One hardening requirement. */
export interface Control<Needs extends EvidenceName = never> {
  /** `<area>/<slug>`, stable for ever; for kinds the area is the kind's id. */
  readonly id: string;
  /** Other names, the catalogue code (`C01`) first. */
  readonly aliases: readonly string[];
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters: what an attacker gains, in one to three sentences. */
  readonly rationale: string;
  /** What to do, in one line. */
  readonly fix: string;
  readonly references: readonly Reference[];
  readonly checklist?: readonly ChecklistItem[];
  /** Reads the project's files alone. */
  readonly static?: (stack: Stack) => Iterable<Observation>;
  /** Reads answers of running services. Evidence that is not declared in `needs` is a type error. */
  readonly live?: {
    readonly needs: readonly Needs[];
    /**
     * The control from the attacker's side, as an act: `connect without TLS`. A fail means that the act succeeded, a
     * pass that it was refused. Absent where the control reads a setting that nobody can try from outside.
     */
    readonly attack?: string;
    readonly assess: (stack: Stack, evidence: Evidence<Needs>) => Iterable<Observation>;
  };
}

/** A control of any needs, as the engine holds them. */
export type AnyControl = Control<EvidenceName>;
