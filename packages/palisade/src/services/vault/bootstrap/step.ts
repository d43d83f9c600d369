import type { CallOptions, VaultClient } from '@palisade/vault';
import type { CertificateIssue } from '../../../contracts/change.ts';
import type { ManagedSecret, VaultRight } from '../../../contracts/service-kind.ts';
import type { Clock } from '../../../support/clock.ts';
import type { Secret } from '../../../support/secret.ts';
import type { KeyStore } from './key-store.ts';
import type { PolicyRule } from './policy.ts';

/** A service that logs in, and the addresses that it calls from. */
export interface Consumer {
  readonly service: string;
  /** For example `172.20.0.0/24`; a login and a token are good from there alone. */
  readonly cidrs: readonly string[];
}

/** The role-id and secret-id of a service, as they lie where the service reads them. */
export interface DeliveredCredential {
  readonly roleId: string;
  readonly secretId: Secret;
}

/** What the server is to become. */
export interface BootstrapGoal {
  readonly secrets: readonly ManagedSecret[];
  /** What services do there beside reading those. */
  readonly rights: readonly VaultRight[];
  readonly certificates: readonly CertificateIssue[];
  readonly consumers: readonly Consumer[];
  /** Addresses that the operator calls from. */
  readonly operatorCidrs: readonly string[];
  /** Paths that the operator needs beside those of the goal, for example for its locks. */
  readonly operatorRules: readonly PolicyRule[];
  /** Audit devices to make through the API where a server allows it (Vault does); by name, the path of the file. */
  readonly auditFiles: ReadonlyMap<string, string>;
}

/** Where entries of an earlier server come from: a client of it, or what was read from it in time. */
export interface FormerEntries {
  readonly kv2: () => Pick<ReturnType<VaultClient['kv2']>, 'read'>;
}

/** What a step works with. */
export interface StepContext {
  readonly goal: BootstrapGoal;
  readonly store: KeyStore;
  /** The development server whose entries are taken over. */
  readonly migrate: FormerEntries | undefined;
  /** What lies at the service now; undefined where nothing does. */
  readonly delivered: (service: string) => Promise<DeliveredCredential | undefined>;
  readonly deliver: (service: string, roleId: string, secretId: Secret) => Promise<void>;
  /** Gets the public halves of signing keys; they are not published where absent. */
  readonly publicKeyDirectory: string | undefined;
  readonly clock: Clock;
  /** As many random bytes as asked for. */
  readonly random: (bytes: number) => Uint8Array;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

/** One thing that is not yet as it should be. */
export interface Task {
  /** What it does, in one line without a secret. */
  readonly title: string;
  /** Who may do it: only the root token, or the operator as well. */
  readonly by: 'root' | 'operator';
  readonly run: (client: VaultClient) => Promise<void>;
}

/**
 * A step says what is missing, from the state of the server. It is asked again after its tasks ran, until nothing is
 * missing; so a task may be one that only opens the way to the next.
 */
export interface Step {
  readonly name: string;
  readonly missing: (context: StepContext, client: VaultClient) => Promise<readonly Task[]>;
}
