import type { Answer } from '../../contracts/evidence.ts';

/** A version of TLS by the name that Node uses. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** What `sys/seal-status` tells everybody. */
export interface SealState {
  readonly initialized: boolean;
  readonly sealed: boolean;
  /** `shamir`, or the sort of auto-unseal. */
  readonly type: string;
  /** `inmem` is a development server; absent where the server does not say. */
  readonly storage?: string;
  readonly shares: number;
  readonly threshold: number;
  readonly version: string;
}

/** The certificate that the server showed. */
export interface ServedCertificate {
  /** Serial number in hex. */
  readonly serial: string;
  /** ISO time. */
  readonly notAfter: string;
  /** DNS names and addresses, lower case. */
  readonly names: readonly string[];
  /** True where a given authority signed it for the service's name; absent where no authority is known. */
  readonly trusted?: boolean;
}

/** A token that is written somewhere in the stack, without its value. */
export interface TokenTrial {
  /** Where it stands: `postgres VAULT_TOKEN`. */
  readonly origin: string;
  /** True where the server still takes it. */
  readonly accepted: boolean;
  /** True where it has the policy `root`. */
  readonly root: boolean;
}

/** One audit device. */
export interface AuditDeviceState {
  readonly path: string;
  readonly type: string;
  /** True where it writes secrets in the clear. */
  readonly raw: boolean;
}

/** A policy by name and text. */
export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** What bounds the secret-ids of one AppRole role. */
export interface RoleBounds {
  /** `<mount>/<role>`. */
  readonly role: string;
  /** Seconds; 0 never ends. */
  readonly secretIdTtl: number;
  /** 0 is without limit. */
  readonly secretIdUses: number;
  /** Addresses that may log in with a secret-id; empty for all. */
  readonly boundCidrs: readonly string[];
}

/** What a probe learns of one Vault or OpenBao server. */
export interface VaultEvidence {
  /** True where the server talks HTTP to whoever does not ask for TLS. */
  readonly plaintext: Answer<boolean>;
  /** TLS versions that a handshake succeeds with; empty for a server without TLS. */
  readonly protocols: Answer<readonly TlsVersion[]>;
  readonly certificate: Answer<ServedCertificate>;
  readonly seal: Answer<SealState>;
  readonly tokens: Answer<readonly TokenTrial[]>;
  /** Policies of the token that Palisade itself was given. */
  readonly ownPolicies: Answer<readonly string[]>;
  readonly auditDevices: Answer<readonly AuditDeviceState[]>;
  readonly policies: Answer<readonly PolicyText[]>;
  readonly roles: Answer<readonly RoleBounds[]>;
  /** True where metrics are given to everybody. */
  readonly openMetrics: Answer<boolean>;
  /** True where profiles of the process, which can hold secrets, are given to everybody. */
  readonly openProfiles: Answer<boolean>;
  /** Swap devices of the host that are on. */
  readonly swap: Answer<readonly string[]>;
}

declare module '../../contracts/evidence.ts' {
  interface EvidenceMap {
    readonly vault: VaultEvidence;
  }
}
