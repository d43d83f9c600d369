import { type Identity, ProblemError, type RouteAccess } from '@palisade/fastify-guard';
import type * as z from 'zod';

/** What a route answers; `body` is sent as JSON unless `contentType` says otherwise. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a caller sent, not yet trusted, and who it is. */
export interface Input {
  readonly params: unknown;
  readonly body: unknown;
  /** Proven by the guard; `undefined` on public routes, and everywhere in development. */
  readonly caller: Identity | undefined;
}

/** One line of the table of routes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** In find-my-way's syntax: `/api/user/:id`. */
  readonly path: string;
  /** Who may call it, in the words of the guard. In development nobody asks. */
  readonly access: RouteAccess;
  readonly summary: string;
  /** For the documentation; handlers parse by the same ones. */
  readonly params?: z.ZodType;
  readonly body?: z.ZodType;
  /** Statuses of answers beside those of the guard, with what they mean. */
  readonly answers: Readonly<Record<number, string>>;
  /** Their bodies, where they have one of JSON; for the documentation. */
  readonly results?: Readonly<Record<number, z.ZodType>>;
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
  const reason = parsed.error.issues[0]?.message ?? 'it does not fit';
  throw new ProblemError(400, 'request-invalid', `${where} is not valid: ${reason}`);
};
