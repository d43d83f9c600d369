/** How somebody proved who they are. */
export type CredentialKind = 'jwt' | 'api-key' | 'client-certificate';

/** All of them, in the order in which they are asked for. */
export const credentialKinds: readonly CredentialKind[] = ['jwt', 'api-key', 'client-certificate'];

/**
 * Who calls. A subject alone names nobody: two issuers may use the same one, so that an identity is the pair of `issuer` and
 * `subject` (OpenID Connect Core section 2); the issuers of API keys and certificates are `api-key` and `client-certificate`.
 */
export interface Identity {
  readonly by: CredentialKind;
  readonly issuer: string;
  readonly subject: string;
  /** As granted, without those that they include. */
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** `client_id` of the token, id of the API key. */
  readonly client?: string;
  /** `jti` of the token. */
  readonly tokenId?: string;
  /** Every claim of the token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** One text for one identity; different identities never share one. */
export const identityKey = (identity: Identity): string => JSON.stringify([identity.issuer, identity.subject]);
