/** One statement with parameters; rows are not trusted. `Database` of the service is one. */
export interface Query {
  readonly query: (statement: string, parameters?: readonly unknown[]) => Promise<readonly unknown[]>;
}

/** Milliseconds since the epoch. */
export type Now = () => number;

/** Where the server says what happened; never given a secret. A logger of Fastify is one. */
export interface Log {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}
