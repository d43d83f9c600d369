import type { IncomingHttpHeaders } from 'node:http';
import { GuardError } from '../errors.ts';
import { requireTexts, requireWholeNumber, unknownOptions } from '../options/check.ts';

/** Which pages of other origins may read answers. */
export interface CorsOptions {
  /** Exact origins: `https://app.example`. `*` and `null` are refused: they would mean everybody. */
  readonly origins: readonly string[];
  /** GET, HEAD and POST where absent. */
  readonly methods?: readonly string[];
  /** Request headers; `authorization` and `content-type` where absent. */
  readonly headers?: readonly string[];
  /** Answer headers that a page may read. */
  readonly exposed?: readonly string[];
  /** Whether cookies and client certificates may be sent along. */
  readonly credentials?: boolean;
  /** Seconds that a browser may remember the answer; 600 where absent. */
  readonly maxAge?: number;
}

/** Answers of the allow-list. */
export interface Cors {
  /** Headers for an answer. */
  readonly headers: (origin: string | undefined) => Readonly<Record<string, string>>;
  /** Headers for the question of a browser; `undefined` where its origin is not on the list. */
  readonly preflight: (headers: IncomingHttpHeaders) => Readonly<Record<string, string>> | undefined;
}

/** Reads the allow-list. Throws GuardError. Source: Fetch Standard, "CORS protocol". */
export const readCors = (options: CorsOptions): Cors => {
  unknownOptions(options, ['origins', 'methods', 'headers', 'exposed', 'credentials', 'maxAge'], 'cors');
  requireTexts(options.origins, 'cors.origins', 1);
  for (const origin of options.origins)
    if (URL.parse(origin)?.origin !== origin || origin === 'null')
      throw new GuardError('guard/option-invalid', `cors.origins: ${JSON.stringify(origin)} is no exact origin`);
  const { methods = ['GET', 'HEAD', 'POST'], headers = ['authorization', 'content-type'], exposed = [] } = options;
  const { maxAge = 600 } = options;
  requireTexts(methods, 'cors.methods', 1);
  requireTexts(headers, 'cors.headers', 0);
  requireTexts(exposed, 'cors.exposed', 0);
  requireWholeNumber(maxAge, 0, 'cors.maxAge');
  const origins = new Set(options.origins);
  const grant = (origin: string): Readonly<Record<string, string>> => ({
    'access-control-allow-origin': origin,
    ...(options.credentials === true ? { 'access-control-allow-credentials': 'true' } : {}),
  });
  // A cache must not give the answer for one origin to another one.
  const vary = { vary: 'Origin' };
  return {
    headers: (origin) =>
      origin === undefined || !origins.has(origin)
        ? vary
        : {
            ...vary,
            ...grant(origin),
            ...(exposed.length === 0 ? {} : { 'access-control-expose-headers': exposed.join(', ') }),
          },
    preflight: ({ origin }) =>
      origin === undefined || !origins.has(origin)
        ? undefined
        : {
            ...vary,
            ...grant(origin),
            'access-control-allow-methods': methods.join(', '),
            'access-control-allow-headers': headers.join(', '),
            'access-control-max-age': String(maxAge),
          },
  };
};
