import type { Service, Stack } from '../../contracts/stack.ts';
import { optionsOf } from './posture.ts';

/** A service that calls this one, and what it needs here. */
export interface Consumer {
  /** Its name, and that of its account, and the common name of its client certificate. */
  readonly name: string;
  readonly database: string;
  /** True where Palisade can give it a client certificate of its own. */
  readonly hasIdentity: boolean;
  /** Host parts of its account: where it may come from. */
  readonly hosts: readonly string[];
}

/** A user name and a password that the project's files hold in the clear. */
export interface WrittenLogin {
  readonly user: string;
  readonly password: string;
}

/** The administrator, whom the server knows on its own socket alone. */
export const administrator = { user: 'root', host: 'localhost' } as const;

/** Characters of a user name at most. Source: MySQL reference manual, "Account User Names and Passwords". */
export const longestUser = 32;

/** Networks that containers get addresses from where the project gives none. Source: RFC 1918. */
const privateNetworks = ['10.0.0.0/255.0.0.0', '172.16.0.0/255.240.0.0', '192.168.0.0/255.255.0.0'];

const databaseKey = /(^|_)(MYSQL|MARIADB|DB|DATABASE)(_?NAME|_DB|_DATABASE)$/i;

const urlFor = (value: string, host: string): URL | undefined => {
  const url = /^(?:mysql|mariadb)(?:[x+]\w+)?:\/\//.test(value) ? URL.parse(value.replace(/^[^:]+/, 'mysql')) : null;
  return url?.hostname === host ? url : undefined;
};

const environmentOf = ({ environment }: Service): readonly (readonly [key: string, value: string])[] =>
  [...environment].flatMap(([key, { value }]) => (value === null || value === '' ? [] : [[key, value] as const]));

/** A value of the image's environment, under the names that both images know. */
const given = (service: Service, name: string): string | undefined =>
  [`MARIADB_${name}`, `MYSQL_${name}`]
    .map((key) => service.environment.get(key)?.value)
    .find((value) => value !== undefined && value !== null && value !== '') ?? undefined;

/** The database that the image makes at its first start. */
export const firstDatabase = (service: Service): string | undefined => given(service, 'DATABASE');

/** The user and the password that the image makes at its first start, with all rights on its database. */
export const firstUser = (service: Service): WrittenLogin | undefined => {
  const [user, password] = [given(service, 'USER'), given(service, 'PASSWORD')];
  return user === undefined || password === undefined ? undefined : { user, password };
};

/** The password of root that the files hold; empty where the image is told to have none. Undefined where they hold none. */
export const writtenRootPassword = (service: Service): string | undefined =>
  given(service, 'ROOT_PASSWORD') ??
  ((given(service, 'ALLOW_EMPTY_PASSWORD') ?? given(service, 'ALLOW_EMPTY_ROOT_PASSWORD')) ? '' : undefined);

/** The host part of the remote root account that the image makes at its first start; undefined for none. */
export const rootHost = (service: Service): string | undefined => {
  const host = given(service, 'ROOT_HOST') ?? '%';
  return host === 'localhost' ? undefined : host;
};

/** Services that call this one, each once, in the order of the stack. */
const callersOf = (stack: Stack, service: Service): readonly Service[] => {
  const names = new Set(stack.edges.filter(({ to }) => to === service.name).map(({ from }) => from));
  return [...stack.services.values()].filter(({ name }) => names.has(name) && name !== service.name);
};

/** What a caller says about its database; `guess` by a variable that may be about any database. */
const databaseOf = (caller: Service, host: string): { readonly told?: string; readonly guess?: string } => {
  const entries = environmentOf(caller);
  const paths = entries.map(([, value]) => urlFor(value, host)?.pathname.slice(1) ?? '');
  const path = paths.find((each) => each !== '');
  const named = entries.filter(([key]) => databaseKey.test(key));
  const told = path === undefined ? named.find(([key]) => /mysql|mariadb/i.test(key))?.[1] : decodeURIComponent(path);
  const guess = named[0]?.[1];
  return { ...(told === undefined ? {} : { told }), ...(guess === undefined ? {} : { guess }) };
};

/** The database that an earlier hardening has noted for a consumer, who tells it no more. */
const noted = (stack: Stack, service: Service): ReadonlyMap<string, string> => {
  const read = optionsOf(stack, service);
  const texts =
    read.state === 'unknown'
      ? []
      : [...new Set(read.options.map(({ at }) => at.file))].map((path) => stack.files.get(path)?.text ?? '');
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/^# Consumer (\S+) uses the database (\S+)$/gm)].map(
        ([, name = '', database = '']) => [name, database] as const,
      ),
    ),
  );
};

const hostsOf = (caller: Service): readonly string[] => {
  const fixed = caller.networks.flatMap(({ ipv4Address }) => ipv4Address ?? []);
  return ['127.0.0.1', ...(fixed.length === 0 ? privateNetworks : fixed)];
};

/**
 * The declared consumers of a service: every edge of the stack that ends in it. One whose database is told by nobody uses
 * the image's first one, else one with its own name. Accounts are open to loopback and to the addresses that containers
 * have, never to every host.
 */
export const consumersOf = (stack: Stack, service: Service): readonly Consumer[] => {
  const earlier = noted(stack, service);
  return callersOf(stack, service).map((caller) => {
    const { told, guess } = databaseOf(caller, service.name);
    return {
      name: caller.name,
      database: told ?? earlier.get(caller.name) ?? guess ?? firstDatabase(service) ?? caller.name,
      hasIdentity: caller.kind !== 'unknown',
      hosts: hostsOf(caller),
    };
  });
};

/** Logins that the project's files hold in the clear for this service. */
export const writtenLogins = (stack: Stack, service: Service): readonly WrittenLogin[] => {
  const root = writtenRootPassword(service);
  return [
    ...(root === undefined ? [] : [{ user: administrator.user, password: root }]),
    ...[firstUser(service) ?? []].flat(),
    ...callersOf(stack, service).flatMap((caller) =>
      environmentOf(caller).flatMap(([, value]) => {
        const url = urlFor(value, service.name);
        return url === undefined || url.username === ''
          ? []
          : [{ user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }];
      }),
    ),
  ];
};
