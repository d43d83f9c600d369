import type { Service } from '../contracts/stack.ts';

const isServer =
  (kinds: readonly string[], image: RegExp) =>
  ({ kind, image: located }: Service): boolean =>
    kinds.includes(kind) || image.test(located?.value.repository.split('/').at(-1) ?? '');

/** True for Vault and OpenBao. */
export const isVault = isServer(['vault'], /^(?:vault|openbao(?:-ubi)?)$/);

/** True for PostgreSQL. */
export const isPostgres = isServer(['postgres'], /^(?:postgres|postgresql|postgis)$/);

/** True for MySQL and its relatives. */
export const isMysql = isServer(['mysql', 'mariadb'], /^(?:mysql|mysql-server|mariadb|percona(?:-server)?)$/);

/** True for nginx. */
export const isNginx = isServer(['nginx'], /^nginx(?:-unprivileged)?$/);

/** True for connection poolers in front of a database. */
export const isPooler = isServer(['pgbouncer'], /^pgbouncer$/);
