import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator, firstDatabase } from './image.ts';
import { hostBasedAccessOf, type HostBasedAccess } from './posture.ts';

/** A service that calls this one, and what it needs here. */
export interface Consumer {
  /** Its name, and that of its role, and the common name of its client certificate. */
  readonly name: string;
  readonly database: string;
  /** The role that it uses before hardening, where its environment names one. */
  readonly formerRole?: string;
  /** True where Palisade can give it a client certificate of its own. */
  readonly hasIdentity: boolean;
  /** True for a pooler, which holds more connections than an application. */
  readonly pools: boolean;
  /** Where it comes through a pooler: that one's name. Its certificate is the pooler's then, and its account as ever its own. */
  readonly through?: string;
  /** True where it calls this server itself. */
  readonly direct: boolean;
}

const databaseKey =
  /(^|_)(PGDATABASE|POSTGRES(QL)?_(DB|DATABASE)|DATABASES_DBNAME|DB(_?NAME|_DATABASE)|DATABASE_NAME)$/i;
const userKey = /(^|_)(PGUSER|POSTGRES(QL)?_USER|DATABASES_USER|DB_USER(NAME)?|DATABASE_USER)$/i;

const urlFor = (value: string, host: string): URL | undefined => {
  const url = /^postgres(ql)?(\+\w+)?:\/\//.test(value) ? URL.parse(value.replace(/^[^:]+/, 'postgresql')) : null;
  return url?.hostname === host ? url : undefined;
};

/** Connection data of a caller, from its environment. Passwords are read by the probe alone. */
const accountOf = (caller: Service, host: string): { database?: string; role?: string; password?: string } => {
  let database: string | undefined;
  let role: string | undefined;
  for (const [key, { value }] of caller.environment) {
    if (value === null || value === '') continue;
    const url = urlFor(value, host);
    if (url !== undefined)
      return {
        ...(url.pathname.length > 1 ? { database: decodeURIComponent(url.pathname.slice(1)) } : {}),
        ...(url.username === '' ? {} : { role: decodeURIComponent(url.username) }),
        ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      };
    if (databaseKey.test(key)) database ??= value;
    else if (userKey.test(key)) role ??= value;
  }
  return { ...(database === undefined ? {} : { database }), ...(role === undefined ? {} : { role }) };
};

/** Names of the services that call this one, each once, in the order of the stack. */
const callers = (stack: Stack, service: Service): readonly Service[] => {
  const names = new Set(
    stack.edges.filter(({ from, to }) => to === service.name && from !== service.name).map(({ from }) => from),
  );
  return [...stack.services.values()].filter(({ name }) => names.has(name));
};

/** The database of a consumer in the access rules, where an earlier hardening has written them. */
const grantedDatabase = (access: HostBasedAccess, consumer: string): string | undefined => {
  if (access.state === 'unknown' || access.source !== 'file') return undefined;
  const [database, another] =
    access.rules.find(({ users }) => users.length === 1 && users[0]?.text === consumer && users[0].quoted)?.databases ??
    [];
  return database?.quoted === true && another === undefined ? database.text : undefined;
};

/**
 * The declared consumers of a service: every edge of the stack that ends in it, and those that end in a pooler which
 * calls it. Which database one uses is told by its environment, later by the access rules, because a hardened consumer
 * learns it from Vault.
 */
export const consumersOf = (stack: Stack, service: Service): readonly Consumer[] => {
  const access = hostBasedAccessOf(stack, service);
  const direct = callers(stack, service);
  const poolers = direct.filter(({ kind }) => kind === 'pgbouncer');
  const poolerOf = (caller: Service): Service | undefined =>
    poolers.find((pooler) => callers(stack, pooler).includes(caller));
  const pooled = [...stack.services.values()].filter(
    (caller) => !direct.includes(caller) && caller !== service && poolerOf(caller) !== undefined,
  );
  return [...direct, ...pooled].map((caller) => {
    const isDirect = direct.includes(caller);
    const pooler = poolerOf(caller);
    const { database, role } = accountOf(caller, isDirect ? service.name : (pooler?.name ?? service.name));
    return {
      name: caller.name,
      database: database ?? grantedDatabase(access, caller.name) ?? firstDatabase(service),
      ...(role === undefined ? {} : { formerRole: role }),
      hasIdentity: caller.kind !== 'unknown',
      pools: caller.kind === 'pgbouncer',
      ...(pooler === undefined ? {} : { through: pooler.name }),
      direct: isDirect,
    };
  });
};

/** Every database that a consumer has to reach: its own, and for a pooler those of the consumers that come through it. */
export const databasesFor = (consumers: readonly Consumer[], { name, database }: Consumer): readonly string[] => [
  ...new Set([database, ...consumers.filter(({ through }) => through === name).map((each) => each.database)]),
];

/**
 * True where a consumer is named like the bootstrap superuser. Its role would have to be the superuser and a consumer's at
 * once, and PostgreSQL never takes SUPERUSER from that role; POSTGRES_USER has to change first.
 */
export const isSuperuserConsumed = (stack: Stack, service: Service): boolean =>
  consumersOf(stack, service).some(({ name }) => name === administrator(service));

/** User and password pairs that the project's files hold in the clear for this service. */
export const writtenLogins = (
  stack: Stack,
  service: Service,
): readonly { readonly user: string; readonly password: string }[] => {
  const own = service.environment.get('POSTGRES_PASSWORD')?.value;
  const user = service.environment.get('POSTGRES_USER')?.value ?? 'postgres';
  return [
    ...(own === undefined || own === null || own === '' ? [] : [{ user, password: own }]),
    ...callers(stack, service).flatMap((caller) => {
      const { role, password } = accountOf(caller, service.name);
      return role === undefined || password === undefined ? [] : [{ user: role, password }];
    }),
  ];
};
