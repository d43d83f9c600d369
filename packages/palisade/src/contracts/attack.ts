import type { Severity } from './control.ts';

/** One act of an attacker against a running service, and what came of it. */
export interface Attack {
  /** The control that the act tries. */
  readonly control: string;
  readonly service: string;
  /** The act: `connect without TLS`. */
  readonly act: string;
  readonly severity: Severity;
  readonly result: 'accepted' | 'refused' | 'unknown';
  /** What the service answered. */
  readonly detail: string;
}
