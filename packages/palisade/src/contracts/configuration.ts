import type { Location } from './location.ts';
import type { Severity } from './control.ts';

/** A finding that its owner accepts until a date. */
export interface Suppression {
  readonly control: string;
  /** The resource's name, or `*` for every one. */
  readonly resource: string;
  readonly reason: string;
  readonly owner: string;
  /** ISO date, inclusive; after it the finding is raised again. */
  readonly expires: string;
  readonly at: Location;
}

/** What `palisade.yaml` says; every field has a default. */
export interface Configuration {
  /** Overrides of what the model would recognise by itself, by service name. */
  readonly services: ReadonlyMap<string, { readonly kind?: string }>;
  readonly suppressions: readonly Suppression[];
  /** Findings at or above it make `assess` exit 1. */
  readonly threshold: Severity;
  /** age recipients (`age1…`) that receive the unseal shares. */
  readonly recipients: readonly string[];
  readonly unseal: { readonly shares: number; readonly threshold: number };
}
