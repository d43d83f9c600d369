import type * as z from 'zod';
import { ProblemError } from './problem.ts';

/** Who may call a route: anybody, or a caller whose identity was proven. There is no default: a route without it does not boot. */
export type Access = 'public' | 'authenticated';

/** What a route answers; `body` is sent as JSON unless `contentType` says otherwise. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a caller sent, not yet trusted. */
export interface Input {
  readonly params: unknown;
  readonly body: unknown;
}

/** One line of the table of routes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** In find-my-way's syntax: `/api/user/:id`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  /** For the documentation; handlers parse by the same ones. */
  readonly params?: z.ZodType;
  readonly body?: z.ZodType;
  readonly handle: (input: Input) => Promise<Answer>;
}

/**
 * Parses a part of what a caller sent.
 *
 * @throws ProblemError 400 that names the first place which does not fit.
 */
export const parseInput = <Schema extends z.ZodType>(
  part: 'path' | 'body',
  schema: Schema,
  value: unknown,
): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = [part, ...(parsed.error.issues[0]?.path ?? [])].join('.');
  throw new ProblemError(400, `${where} is not valid: ${parsed.error.issues[0]?.message ?? 'it does not fit'}`);
};
