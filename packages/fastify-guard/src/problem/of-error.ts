import { type Problem, type ProblemCode, ProblemError, plainProblem, problem } from './problem.ts';

/** What is known of something that Fastify, a parser or a handler threw. */
export interface Thrown {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validationContext?: string;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
}

/** Codes of Fastify and Node.js that have a code of ours. Source: https://fastify.dev/docs/latest/Reference/Errors/ */
const known: ReadonlyMap<string, ProblemCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'body-too-large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'media-type-unsupported'],
  ['FST_ERR_HANDLER_TIMEOUT', 'handler-timeout'],
  ['FST_ERR_NOT_FOUND', 'not-found'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request-timeout'],
  ['HPE_HEADER_OVERFLOW', 'headers-too-large'],
]);

const byStatus: ReadonlyMap<number, ProblemCode> = new Map([
  [400, 'request-invalid'],
  [404, 'not-found'],
  [413, 'body-too-large'],
  [415, 'media-type-unsupported'],
  [429, 'limit-exceeded'],
]);

/**
 * The body for whatever was thrown. Only a `ProblemError` and a failed validation say something of their own: a message of the
 * server's inside is not for the caller.
 */
export const problemOfError = (thrown: Thrown): Problem => {
  if (thrown instanceof ProblemError) return plainProblem(thrown.statusCode, thrown.code, thrown.message);
  const [first] = thrown.validation ?? [];
  if (first !== undefined) {
    const where = `${thrown.validationContext ?? 'request'}${first.instancePath.replaceAll('/', '.')}`;
    return problem('request-invalid', `${where} ${first.message ?? 'is not valid'}`.slice(0, 300));
  }
  const status = thrown.statusCode ?? 500;
  const code = known.get(thrown.code ?? '') ?? byStatus.get(status);
  if (code !== undefined) return problem(code);
  if (status >= 500 || status < 400) return problem('internal');
  const general = problem('request-failed');
  return plainProblem(status, general.code, general.detail);
};
