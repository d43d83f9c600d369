import { ProblemError } from '@palisade/fastify-guard';

/** A server that a request needs cannot be reached, or takes nobody on. The caller may come back; why is for the log. */
export class ServerUnavailable extends ProblemError {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super(503, 'server-unavailable', 'A server that the request needs cannot be reached just now.');
    this.cause = cause;
  }
}

/** What the network says of a server that is not there, or went away. Source: errno(3), Node.js manual, "Common system errors". */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
]);

/** The `code` of an error; undefined where it has none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** True for a failure of the network, also where it is one of several, for the addresses of one name. */
export const isNetworkFailure = (error: unknown): boolean =>
  networkCodes.has(codeOf(error) ?? '') || (error instanceof AggregateError && error.errors.some(isNetworkFailure));
