/** What to do next, by code. */
const nextSteps = {
  'oauth/issuer-invalid': 'Give the origin that clients reach this service under, with https and without a path.',
  'oauth/audience-invalid': 'Give an absolute address without a fragment, as RFC 8707 wants it.',
  'oauth/keys-unusable':
    'Look at the entry of the signing keys in Vault; destroy it with its metadata, and a new one is made at the next start (all tokens end).',
  'oauth/keys-contended': 'Start again: others wrote the signing keys at the same time, several times in a row.',
  'oauth/account-invalid': 'Correct the name, the password or the role of the account.',
  'oauth/account-taken': 'Choose another name.',
  'oauth/account-unknown': 'Look at the spelling; a name is the one that was added.',
  'oauth/client-invalid': 'Correct the registration of the client.',
  'oauth/client-taken': 'Choose another client_id.',
  'oauth/client-unknown': 'Look at the spelling; a client_id is the one that was added.',
} as const;

/** Every way in which the authorization server can refuse to be made or to be changed. Stable. */
export type OAuthErrorCode = keyof typeof nextSteps;

/** Thrown where the server is made, or an account or client is added; never while a request is answered. Holds no secret. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;
  /** What to do next. */
  readonly next: string;

  constructor(code: OAuthErrorCode, message: string) {
    super(`${message}. ${nextSteps[code]}`);
    this.code = code;
    this.next = nextSteps[code];
  }
}
