import type { Fields } from './fields.ts';
import { VaultError } from './errors.ts';
import { Secret } from './secret.ts';

/** A value of a request body. Secrets are revealed where the bytes for the socket are made, nowhere earlier. */
export type RequestValue =
  | string
  | number
  | boolean
  | null
  | Secret
  | readonly RequestValue[]
  | { readonly [name: string]: RequestValue };

/** One request to the API. */
export interface Call {
  readonly method: 'GET' | 'LIST' | 'POST' | 'DELETE';
  /** Path below `/v1/`, for example `sys/health`. Each segment is encoded. */
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  readonly body?: { readonly [name: string]: RequestValue };
  /** The token for this call; null sends none; the client's own where absent. */
  readonly token?: Secret | null;
  /** Seconds; the answer then comes wrapped in a one-use token that lives that long. */
  readonly wrapTtl?: number;
  /** True where sending it twice does the same as once, so that it may be tried again. Always true for GET and LIST. */
  readonly repeatable?: boolean;
  /** Statuses beside 2xx that are answers and not failures. */
  readonly accept?: readonly number[];
}

/** Bounds of one call. */
export interface CallOptions {
  /** Ends the call, with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Milliseconds for one attempt; the client's own where absent. */
  readonly timeout?: number;
}

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly body: Fields;
  /** The member `data` of the body. */
  readonly data: () => Fields;
}

/** Sends one call, retries where that is safe, and throws a `VaultError` where it fails. */
export type Send = (call: Call, options?: CallOptions) => Promise<Answer>;

/** Undefined where the server has no such thing (404). */
export const unlessMissing = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof VaultError && error.code === 'vault/not-found') return undefined;
    throw error;
  }
};

/** The names below a path; empty where there are none, which the server answers with 404. */
export const listKeys = async (send: Send, path: string, options?: CallOptions): Promise<string[]> => {
  const answer = await unlessMissing(send({ method: 'LIST', path }, options));
  return answer === undefined ? [] : answer.data().texts('keys');
};

/**
 * Encodes each segment of a path, so that a name can never reach another path.
 *
 * @throws VaultError `vault/invalid-request` for empty segments, `.` and `..`.
 */
export const encodePath = (path: string): string =>
  path
    .split('/')
    .map((segment) => {
      if (segment === '' || segment === '.' || segment === '..')
        throw new VaultError('vault/invalid-request', {
          message: `the path ${JSON.stringify(path)} has an empty or relative segment`,
        });
      return encodeURIComponent(segment);
    })
    .join('/');

/** The JSON text of a body with its secrets revealed, and those secrets, to be struck out of whatever the server echoes. */
export const encodeBody = (body: {
  readonly [name: string]: RequestValue;
}): { readonly text: string; readonly secrets: readonly Secret[] } => {
  const secrets: Secret[] = [];
  const reveal = (value: RequestValue): unknown => {
    if (value instanceof Secret) {
      secrets.push(value);
      return value.reveal();
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map(reveal);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reveal(inner)]));
  };
  return { text: JSON.stringify(reveal(body)), secrets };
};

const isList = (value: object): value is readonly RequestValue[] => Array.isArray(value);
