import type { Service, Stack } from '../../contracts/stack.ts';
import { parseConnection } from './ini.ts';
import { postureOf } from './posture.ts';

/** A service that calls the pooler, and the database that it asks for. */
export interface Consumer {
  /** Its name, and that of its account. */
  readonly name: string;
  readonly database: string;
  /** The account that it uses before hardening. */
  readonly formerUser?: string;
  /** A password that stands in its environment. */
  readonly formerPassword?: string;
}

/** The PostgreSQL server behind a pooler. */
export interface Upstream {
  readonly name: string;
  readonly port: number;
}

/** The server that the pooler calls; undefined where it calls none of the stack, or more than one. */
export const upstreamOf = (stack: Stack, service: Service): Upstream | undefined => {
  const called = [...new Set(stack.edges.filter(({ from }) => from === service.name).map(({ to }) => to))].filter(
    (name) => stack.services.get(name)?.kind === 'postgres',
  );
  const [name, another] = called;
  if (name === undefined || another !== undefined) return undefined;
  const port = stack.edges.find((edge) => edge.from === service.name && edge.to === name)?.port;
  return { name, port: port ?? 5432 };
};

const databaseKey = /(^|_)(PGDATABASE|POSTGRES(QL)?_(DB|DATABASE)|DB(_?NAME|_DATABASE)|DATABASE_NAME)$/i;

/** The pooled databases that the configuration names, with the server's name for each. `*` is none. */
export const writtenDatabases = (
  stack: Stack,
  service: Service,
): readonly { readonly name: string; readonly database: string; readonly host?: string; readonly user?: string }[] => {
  const posture = postureOf(stack, service);
  if (posture.state === 'unknown') return [];
  return posture.ini.databases
    .filter(({ name }) => name !== '*')
    .map(({ name, value }) => {
      const parts = parseConnection(value);
      const [host, user] = [parts?.get('host'), parts?.get('user')];
      return {
        name,
        database: parts?.get('dbname') ?? name,
        ...(host === undefined ? {} : { host }),
        ...(user === undefined ? {} : { user }),
      };
    });
};

/** Every service with an edge to the pooler, each once. Its database is told by its environment. */
export const consumersOf = (stack: Stack, service: Service): readonly Consumer[] => {
  const names = new Set(
    stack.edges.filter(({ from, to }) => to === service.name && from !== service.name).map(({ from }) => from),
  );
  const fallback = writtenDatabases(stack, service)[0]?.name ?? 'postgres';
  return [...stack.services.values()]
    .filter(({ name }) => names.has(name))
    .map(({ name, environment }) => {
      let database: string | undefined;
      for (const [key, { value }] of environment) {
        if (value === null || value === '') continue;
        const url = /^postgres(ql)?(\+\w+)?:\/\//.test(value) ? URL.parse(value.replace(/^[^:]+/, 'postgresql')) : null;
        if (url?.hostname === service.name)
          return {
            name,
            database: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : fallback,
            ...(url.username === '' ? {} : { formerUser: decodeURIComponent(url.username) }),
            ...(url.password === '' ? {} : { formerPassword: decodeURIComponent(url.password) }),
          };
        if (databaseKey.test(key)) database ??= value;
      }
      return { name, database: database ?? fallback };
    });
};

/** Databases that the hardened pooler serves: those of its configuration and those of its consumers. */
export const pooledDatabases = (stack: Stack, service: Service): readonly string[] => [
  ...new Set([
    ...writtenDatabases(stack, service).map(({ name }) => name),
    ...consumersOf(stack, service).map(({ database }) => database),
  ]),
];
