import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Repositories, or their last parts, that hold a PostgreSQL server. */
const servers = new Set([
  'postgres',
  'postgresql',
  'postgis',
  'timescaledb',
  'timescaledb-ha',
  'pgvector',
  'pgvecto-rs',
  'postgresql-repmgr',
  'spilo',
  'citus',
  'alloydbomni',
]);

/** Words that tell a companion of PostgreSQL from a server of it. */
const companion =
  /bouncer|pgpool|pgadmin|exporter|backup|barman|adminer|postgrest|pgweb|pghero|pgcat|odyssey|-?meta$|client|migrat/;

const isServer = (name: string): boolean => servers.has(name) && !companion.test(name);

/**
 * How sure the kind is that a service is a PostgreSQL server. Companions (poolers, dashboards, exporters, backup jobs)
 * are never taken for one, whatever else points to PostgreSQL.
 */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  const image = hints.image ?? '';
  if (companion.test(image) || companion.test(hints.name) || (hints.build !== undefined && companion.test(hints.build)))
    return 0;
  if (isServer(image.split('/').at(-1) ?? '')) return 2;
  const program = hints.program?.split('/').at(-1);
  if (program === 'postgres' || program === 'postmaster') return 2;
  // Another image with a name or port of PostgreSQL is another thing (a CockroachDB, a tunnel).
  if (image !== '') return 0;
  if (hints.build !== undefined && /^(postgres|postgresql|pg|database|db)$/.test(hints.build))
    return hints.build.startsWith('p') || hints.ports.includes(5432) ? 1 : 0;
  return hints.ports.includes(5432) ? 1 : 0;
};

/** Major version that the tag names (`16.6-alpine` → 16, `pg17` → 17, `2.17-pg16` → 16); undefined for `latest` and builds. */
export const majorVersion = (service: Service): number | undefined => {
  const tag = service.image?.value.tag ?? '';
  const found = /(?:^|-)pg(\d{1,2})(?!\d)/.exec(tag) ?? /^v?(\d{1,2})(?:[.-]|$)/.exec(tag);
  const major = Number(found?.[1]);
  // PostGIS and TimescaleDB put their own version first; PostgreSQL's supported majors are two digits.
  return Number.isInteger(major) && major >= 9 ? major : undefined;
};

/** True for images that are built on Alpine Linux. */
export const isAlpine = (service: Service): boolean => /alpine/.test(service.image?.value.tag ?? '');

/** User and group id of the image's `postgres` account: 70 on Alpine, 1001 in Bitnami's images, else 999. */
export const imageAccount = (service: Service): { readonly uid: number; readonly gid: number } => {
  if (service.image?.value.repository.startsWith('bitnami') === true) return { uid: 1001, gid: 1001 };
  return isAlpine(service) ? { uid: 70, gid: 70 } : { uid: 999, gid: 999 };
};

/** The data directory inside the container: `PGDATA`, or what the official image sets (another one since version 18). */
export const dataDirectory = (service: Service): string => {
  const own = service.environment.get('PGDATA')?.value;
  if (own !== undefined && own !== null && own !== '') return own;
  const major = majorVersion(service);
  return major !== undefined && major >= 18 ? `/var/lib/postgresql/${major}/docker` : '/var/lib/postgresql/data';
};

const text = (service: Service, name: string): string | undefined => {
  const value = service.environment.get(name)?.value;
  return value === undefined || value === null || value === '' ? undefined : value;
};

/** The role that initdb makes: `POSTGRES_USER`, or `postgres`. It is the bootstrap superuser, and the local administrator. */
export const administrator = (service: Service): string =>
  text(service, 'POSTGRES_USER') ?? text(service, 'POSTGRESQL_USERNAME') ?? 'postgres';

/** The database that the image makes at its first start. */
export const firstDatabase = (service: Service): string =>
  text(service, 'POSTGRES_DB') ?? text(service, 'POSTGRESQL_DATABASE') ?? administrator(service);
