import type { KeyPath } from './location.ts';

/** A value as YAML can hold it. */
export type ComposeValue =
  | string
  | number
  | boolean
  | null
  | readonly ComposeValue[]
  | { readonly [key: string]: ComposeValue };

/** A secret by where it is kept, never by value: a field of a KV v2 entry. */
export interface SecretReference {
  readonly secret: { readonly path: string; readonly field: string };
}

/** A value as a Vault request can hold it. */
export type VaultValue =
  | string
  | number
  | boolean
  | null
  | SecretReference
  | readonly VaultValue[]
  | { readonly [key: string]: VaultValue };

/** One edit of a Compose file; only the lines that it names differ afterwards. */
export interface ComposeEdit {
  readonly kind: 'compose-edit';
  /** Relative path of the file. */
  readonly file: string;
  readonly path: KeyPath;
  readonly edit:
    /** `tag` is for files that are merged over others: `!override` replaces what they append, `!reset` removes it. */
    | { readonly op: 'set'; readonly value: ComposeValue; readonly tag?: '!reset' | '!override' }
    | { readonly op: 'append'; readonly value: ComposeValue }
    | { readonly op: 'remove' };
  /**
   * What stands at `path` before: nothing, or a value by its digest (`valueDigest`), variables not substituted; never
   * the value, which may be a password. For `append`, `absent` means that the list, if there is one, lacks the item.
   */
  readonly expects: { readonly state: 'absent' } | { readonly state: 'present'; readonly digest: string };
}

/** A whole file of the project. */
export interface FileWrite {
  readonly kind: 'file-write';
  /** Relative path. */
  readonly path: string;
  readonly mode: number;
  /** Text without any secret. */
  readonly content: string;
  readonly expects: { readonly state: 'absent' } | { readonly state: 'digest'; readonly sha256: string };
}

/** Permission bits of a file of the project. */
export interface FileMode {
  readonly kind: 'file-mode';
  readonly path: string;
  readonly mode: number;
  readonly expects: { readonly mode: number };
}

/** One write to Vault's API. Needs a running server. */
export interface VaultWrite {
  readonly kind: 'vault-write';
  readonly service: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: { readonly [key: string]: VaultValue };
  /** A read that tells whether the write is still needed: done when the answer holds these values. */
  readonly expects: { readonly path: string; readonly holds: { readonly [key: string]: VaultValue } };
}

/** One statement for a database. Needs a running server. */
export interface SqlStatement {
  readonly kind: 'sql-statement';
  readonly service: string;
  readonly database: string;
  /** The text; `:'name'` stands for a parameter, quoted as a literal by the client. */
  readonly statement: string;
  readonly parameters: { readonly [name: string]: string | SecretReference };
  /** A query that answers one boolean: true where the statement has nothing left to do. */
  readonly expects: { readonly query: string };
}

/** A certificate whose key is made locally and whose request is signed by the PKI. */
export interface CertificateIssue {
  readonly kind: 'certificate-issue';
  readonly service: string;
  /** Name of the PKI role. */
  readonly role: string;
  readonly usage: 'server' | 'client';
  readonly commonName: string;
  readonly alternativeNames: readonly string[];
  /** Directory of the project that receives `cert.pem`, `key.pem` and `ca.pem`. */
  readonly directory: string;
  /** A certificate that is valid for less than this part of its life is replaced; a fraction. */
  readonly expects: { readonly remainingLife: number };
}

/** Something that only a person can do. */
export interface Manual {
  readonly kind: 'manual';
  readonly instructions: string;
}

/** One edit as data. */
export type Change = ComposeEdit | FileWrite | FileMode | VaultWrite | SqlStatement | CertificateIssue | Manual;

/** A change in a plan, with the findings that it answers. */
export interface PlannedChange {
  /** Position in the plan, from 1. */
  readonly step: number;
  readonly change: Change;
  /** `<control id> <resource>` of each finding. */
  readonly answers: readonly string[];
}

/** Ordered changes. Equal plans have equal digests. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly manual: readonly { readonly instructions: string; readonly answers: readonly string[] }[];
  /** SHA-256 (hex) over the canonical JSON of the changes. */
  readonly digest: string;
}
