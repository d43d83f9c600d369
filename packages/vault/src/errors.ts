/** Every way in which a request to Vault can fail. Stable. */
export type VaultErrorCode =
  | 'vault/permission-denied'
  | 'vault/invalid-credentials'
  | 'vault/wrapping-token-invalid'
  | 'vault/check-and-set-mismatch'
  | 'vault/invalid-request'
  | 'vault/not-found'
  | 'vault/unsupported'
  | 'vault/sealed'
  | 'vault/uninitialized'
  | 'vault/standby'
  | 'vault/rate-limited'
  | 'vault/server-error'
  | 'vault/unexpected-answer'
  | 'vault/unreachable'
  | 'vault/timeout'
  | 'vault/tls'
  | 'vault/plaintext-refused'
  | 'vault/session-closed';

/** What to do next, by code. */
const nextSteps: { readonly [Code in VaultErrorCode]: string } = {
  'vault/permission-denied': 'Check that the token is alive and that its policy names this exact path.',
  'vault/invalid-credentials': 'Deliver a new secret-id; it may be used up, expired, or bound to another address.',
  'vault/wrapping-token-invalid':
    'Ask for a new wrapped answer. If nobody of yours unwrapped this one, somebody else did.',
  'vault/check-and-set-mismatch': 'Somebody wrote in between: read the current version and decide again.',
  'vault/invalid-request': 'Correct the request; the server refused it as it stands.',
  'vault/not-found': 'Check the path and the mount.',
  'vault/unsupported': 'This server does not know the operation; check its version and its configuration.',
  'vault/sealed': 'Unseal the server with a threshold of its shares.',
  'vault/uninitialized': 'Initialise the server.',
  'vault/standby': 'Ask the active node.',
  'vault/rate-limited': 'Wait and try again, or raise the rate limit quota.',
  'vault/server-error': 'Look into the log of the server; a full disk under an audit device is a frequent cause.',
  'vault/unexpected-answer': 'Check that the address is one of a Vault or OpenBao server, and not of a proxy.',
  'vault/unreachable': 'Check the address and that the server is running.',
  'vault/timeout': 'Check the load of the server and the network, then try again.',
  'vault/tls':
    'Give the certificate authority that signed the certificate of the server, and use a name that is in it.',
  'vault/plaintext-refused': 'Use an https address. For a development server, say `plaintext: true`.',
  'vault/session-closed': 'Create a new session.',
};

/** What a `VaultError` is about. */
export interface VaultErrorDetails {
  /** What happened to what, without a secret. */
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
}

/**
 * A failed request. Has no `cause`, because those of HTTP libraries can hold headers and so the token; what they say
 * of use is in the message.
 */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;
  /** What to do next. */
  readonly next: string;
  readonly status: number | undefined;

  constructor(code: VaultErrorCode, details: VaultErrorDetails) {
    super(details.message);
    this.code = code;
    this.next = nextSteps[code];
    this.status = details.status;
  }
}

/** True where the thrown thing is a `VaultError` with one of the codes; with any code where none is given. */
export const isVaultError = (thrown: unknown, ...codes: readonly VaultErrorCode[]): thrown is VaultError =>
  thrown instanceof VaultError && (codes.length === 0 || codes.includes(thrown.code));

/**
 * The code for an answer that is not a success. Texts are those of Vault and OpenBao; a text that is not known falls
 * back to what the status says. Source: https://openbao.org/api-docs/#http-status-codes
 */
export const codeOfAnswer = (status: number, texts: readonly string[], path: string): VaultErrorCode => {
  const text = texts.join('; ').toLowerCase();
  if (status === 400) {
    if (text.includes('check-and-set parameter')) return 'vault/check-and-set-mismatch';
    if (text.includes('wrapping token')) return 'vault/wrapping-token-invalid';
    if (text.includes('not initialized')) return 'vault/uninitialized';
    if (path.endsWith('/login')) return 'vault/invalid-credentials';
    return 'vault/invalid-request';
  }
  if (status === 403) return 'vault/permission-denied';
  if (status === 404)
    return text.includes('no handler for route') || text.includes('unsupported path')
      ? 'vault/unsupported'
      : 'vault/not-found';
  if (status === 405) return 'vault/unsupported';
  if (status === 429) return 'vault/rate-limited';
  if (status === 307 || status === 472 || status === 473 || status === 474) return 'vault/standby';
  if (status === 501) return 'vault/uninitialized';
  if (status === 503 && text.includes('sealed')) return 'vault/sealed';
  if (status >= 500) return 'vault/server-error';
  return status >= 400 ? 'vault/invalid-request' : 'vault/unexpected-answer';
};

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|ERR_OSSL)/;

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

/** The error for a request that got no answer. `thrown` is what the HTTP library threw; only its code is taken over. */
export const transportError = (request: string, address: string, thrown: unknown): VaultError => {
  const inner = thrown instanceof AggregateError ? thrown.errors.find((one) => codeOf(one) !== undefined) : undefined;
  const reason = codeOf(thrown) ?? codeOf(inner) ?? 'connection lost';
  return tlsCodes.test(reason)
    ? new VaultError('vault/tls', { message: `${request}: the TLS connection to ${address} failed (${reason})` })
    : new VaultError('vault/unreachable', { message: `${request}: no connection to ${address} (${reason})` });
};
