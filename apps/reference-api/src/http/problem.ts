import { STATUS_CODES } from 'node:http';

/** The body of every error, RFC 9457. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** For the caller; never what the server thought. */
  readonly detail?: string;
}

/** Media type of a problem, RFC 9457 section 6.1. */
export const problemType = 'application/problem+json';

/** A problem with the standard title of its status. */
export const problem = (status: number, detail?: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  ...(detail === undefined ? {} : { detail }),
});

/** Thrown by a route that answers with an error on purpose: its detail is for the caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}
