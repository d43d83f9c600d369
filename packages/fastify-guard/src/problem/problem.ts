import { STATUS_CODES } from 'node:http';

/** Media type of every error, RFC 9457 section 6.1. */
export const problemType = 'application/problem+json; charset=utf-8';

interface Definition {
  readonly status: number;
  /** For the caller; never what the server thought. */
  readonly detail: string;
}

const define = <Code extends string>(
  definitions: Readonly<Record<Code, readonly [status: number, detail: string]>>,
): ReadonlyMap<Code, Definition> => {
  const map = new Map<Code, Definition>();
  for (const code in definitions) {
    const [status, detail] = definitions[code];
    map.set(code, { status, detail });
  }
  return map;
};

const details = {
  'credentials-missing': [401, 'This route needs credentials.'],
  'token-expired': [401, 'Token expired'],
  'token-invalid': [401, 'Invalid token'],
  'proof-invalid': [401, 'Invalid proof of possession'],
  'api-key-invalid': [401, 'Invalid API key'],
  'certificate-invalid': [401, 'Invalid client certificate'],
  'credentials-ambiguous': [400, 'Send one credential, once.'],
  'token-in-query': [400, 'Send the token in the Authorization header, never in the address.'],
  'permission-denied': [403, 'Insufficient permissions'],
  'origin-refused': [403, 'This origin may not ask.'],
  'request-invalid': [400, 'The request is not valid.'],
  'not-found': [404, 'There is nothing here.'],
  'method-not-allowed': [405, 'This address takes other methods.'],
  'request-timeout': [408, 'The request took too long to arrive.'],
  'body-too-large': [413, 'The body is too large.'],
  'media-type-unsupported': [415, 'The media type of the body is not understood.'],
  'limit-exceeded': [429, 'Too many requests'],
  'headers-too-large': [431, 'The headers are too large.'],
  'request-failed': [400, 'The request failed.'],
  internal: [500, 'The server could not answer.'],
  'audit-incomplete': [500, 'The operation ran, but its outcome could not be recorded; look before you repeat it.'],
  'audit-unavailable': [503, 'The operation cannot be recorded now, so it was not carried out.'],
  'keys-unavailable': [503, 'Tokens cannot be checked now.'],
  'revocation-unavailable': [503, 'Tokens cannot be checked now.'],
  'replay-unavailable': [503, 'Proofs cannot be checked now.'],
  'api-keys-unavailable': [503, 'API keys cannot be checked now.'],
  'limits-unavailable': [503, 'Requests cannot be counted now.'],
  'handler-timeout': [503, 'The answer took too long.'],
  overloaded: [503, 'The server is busy.'],
} as const satisfies Record<string, readonly [number, string]>;

/** What went wrong, as a stable word. */
export type ProblemCode = keyof typeof details;

const definitions = define<ProblemCode>(details);
const unknown: Definition = { status: 500, detail: details.internal[1] };

/** The body of every error, RFC 9457, with the member `code` as an extension. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

/** Every code that the guard itself answers with, and its status. */
export const problemCodes: readonly { readonly code: ProblemCode; readonly status: number; readonly detail: string }[] =
  [...definitions].map(([code, definition]) => ({ code, ...definition }));

/** The body for a code. */
export const problem = (code: ProblemCode, detail?: string): Problem => {
  const definition = definitions.get(code) ?? unknown;
  return plainProblem(definition.status, code, detail ?? definition.detail);
};

/** A body with a code that the application chose. */
export const plainProblem = (status: number, code: string, detail: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
});

/** Thrown by a handler that answers with an error on purpose: code and detail are for the caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly statusCode: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.statusCode = status;
    this.code = code;
  }
}
