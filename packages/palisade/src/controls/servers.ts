import type { Service } from '../contracts/stack.ts';

/** The last part of the image's repository, or of the build context where the service is built here. */
const programName = ({ image, build }: Service): string =>
  (image?.value.repository ?? build?.value.context ?? '').replace(/\/+$/, '').split('/').at(-1) ?? '';

/** Tells a server by its kind, or by the name of its image where no kind claims it. */
const isServer =
  (kinds: readonly string[], program: RegExp) =>
  (service: Service): boolean =>
    kinds.includes(service.kind) || (service.kind === 'unknown' && program.test(programName(service)));

/** True for Vault and OpenBao. */
export const isVault = isServer(['vault'], /^(?:vault|openbao(?:-ubi)?)$/);

/** True for PostgreSQL. */
export const isPostgres = isServer(['postgres'], /^(?:postgres|postgresql|postgis)$/);

/** True for MySQL and its relatives. */
export const isMysql = isServer(['mysql', 'mariadb'], /^(?:mysql|mysql-server|mariadb|percona(?:-server)?)$/);

/** True for web servers and proxies that stand in front of a project. */
export const isGateway = isServer(['nginx'], /^(?:nginx|nginx-unprivileged|traefik|caddy|haproxy|envoy|httpd|kong)$/);

/** True for nginx. */
export const isNginx = isServer(['nginx'], /^nginx(?:-unprivileged)?$/);

/** True for connection poolers in front of a database. */
export const isPooler = isServer(['pgbouncer'], /^pgbouncer$/);

/** True for servers that store data although no kind of ours knows them. */
export const isKnownDataServer = isServer(
  [],
  /^(?:postgres|postgresql|postgis|timescaledb|mysql|mysql-server|mariadb|percona(?:-server)?|mongo|mongodb|redis|valkey|keydb|memcached|rabbitmq|kafka|nats|cassandra|clickhouse(?:-server)?|couchdb|neo4j|influxdb|elasticsearch|opensearch|etcd|minio)$/,
);
