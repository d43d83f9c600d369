import type { Service, Stack } from '../../contracts/stack.ts';

/** The variable by which the bundled reference API takes its posture; no other program knows it. */
export const postureVariable = 'REFERENCE_API_POSTURE';

/** True for the bundled reference API, whose behaviour in each posture is known. Of any other program nothing is assumed. */
export const isReferenceApi = (service: Service): boolean => service.environment.has(postureVariable);

/** True where the service is the reference API in its hardened posture. */
export const isHardened = (service: Service): boolean => service.environment.get(postureVariable)?.value === 'hardened';

/** Kinds of servers that speak PostgreSQL's protocol, with the ports that they listen on. */
const databasePorts: Readonly<Record<string, number>> = { postgres: 5432, pgbouncer: 6432 };

/** The PostgreSQL server, or the pooler in front of one, that a service calls; undefined where it calls none of the stack. */
export const databaseOf = (stack: Stack, service: Service): Service | undefined => {
  const called = new Set(stack.edges.filter(({ from }) => from === service.name).map(({ to }) => to));
  return [...stack.services.values()].find(({ kind, name }) => kind in databasePorts && called.has(name));
};

/** The container port of a service's database: the one that the service names, else that of the database's kind. */
export const databasePortOf = (stack: Stack, service: Service, database: Service): number =>
  stack.edges.find(({ from, to, port }) => from === service.name && to === database.name && port !== undefined)?.port ??
  databasePorts[database.kind] ??
  5432;

/** A server of another kind than the database's that the reference API calls. */
export interface Neighbour {
  /** Beginning of the variables that speak of it: `MYSQL_URL`, `MYSQL_ADDRESS`. */
  readonly prefix: string;
  /** The servers that are called: one, or the nodes of a cluster in the order of their numbers. */
  readonly servers: readonly [Service, ...Service[]];
  /** Where they listen in the hardened posture. */
  readonly port: number;
}

/** Prefix and TLS port by kind of server. */
const neighbourKinds: Readonly<Record<string, { readonly prefix: string; readonly port: number }>> = {
  mysql: { prefix: 'MYSQL', port: 3306 },
  mongodb: { prefix: 'MONGODB', port: 27_017 },
  redis: { prefix: 'REDIS', port: 6379 },
  rabbitmq: { prefix: 'RABBITMQ', port: 5671 },
};

/** Beginnings of the variables that speak of neighbours. */
export const neighbourPrefixes: readonly string[] = Object.values(neighbourKinds).map(({ prefix }) => prefix);

/** The servers that the reference API calls beside its database. */
export const neighboursOf = (stack: Stack, service: Service): readonly Neighbour[] => {
  const called = new Set(stack.edges.filter(({ from }) => from === service.name).map(({ to }) => to));
  return Object.entries(neighbourKinds).flatMap(([kind, known]): readonly Neighbour[] => {
    const [first, ...others] = [...stack.services.values()]
      .filter((server) => server.kind === kind && called.has(server.name))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    return first === undefined ? [] : [{ ...known, servers: [first, ...others] }];
  });
};

/** Where the reference API keeps the signing keys of its tokens in Vault. It makes them itself. */
export const signingKeysOf = ({ name }: Service): string => `${name}/signing-keys`;

/**
 * True where the reference API gives tokens out itself: somebody has to hold accounts and their tokens, so it needs its
 * database, and no other issuer is named.
 */
export const issuesTokens = (stack: Stack, service: Service): boolean =>
  isReferenceApi(service) && !service.environment.has('OIDC_ISSUER') && databaseOf(stack, service) !== undefined;

/** The key of Vault's transit engine that signs the checkpoints of the reference API's audit log. */
export const auditKeyOf = ({ name }: Service): string => `${name}-audit`;

/** The services of this kind, inactive ones too. */
export const httpServices = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ kind }) => kind === 'http-api');
