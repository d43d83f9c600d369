/** What the load generator does once. */
export interface Job {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Dealt out to the connections, each of which uses its own in turns. */
  readonly tokens: readonly string[];
  readonly body: string | undefined;
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. */
export interface Load {
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly total: number;
  readonly failures: number;
  readonly perSecond: number;
}

/** Headers of the requests of a job. */
export const headersOf = (token: string | undefined, body: string | undefined): Record<string, string> => ({
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
});
