import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** The two servers of the kind: their options, plug-ins and defaults differ. */
export type Product = 'mysql' | 'mariadb';

/** Last parts of repositories that hold a server. */
const servers = new Set([
  'mysql',
  'mysql-server',
  'mariadb',
  'mariadb-galera',
  'percona',
  'percona-server',
  'percona-xtradb-cluster',
]);

const programs = /(?:^|\/)(?:mysqld|mariadbd)(?:_safe|-safe)?$/;

/** Words that tell a companion from a server. */
const companion = /exporter|backup|admin|proxy|router|client|browser|workbench|operator|-shell|dump/;

/** Client programs, which the images hold too. */
const clients = /(?:^|\/)(?:mysql|mariadb)(?:-?(?:admin|dump|check|import|show|slap|binlog|sh|_upgrade|-upgrade))?$/;

/** How sure the kind is that a service is a MySQL or MariaDB server. Companions and one-off clients never are. */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  const image = hints.image ?? '';
  if ([image, hints.name, hints.build ?? ''].some((text) => companion.test(text))) return 0;
  if (programs.test(hints.program ?? '')) return 2;
  if (clients.test(hints.program ?? '')) return 0;
  if (servers.has(image.split('/').at(-1) ?? '')) return 2;
  if (image !== '') return 0;
  if (hints.build !== undefined && /^(?:mysql|mariadb)$/.test(hints.build)) return 1;
  return hints.ports.includes(3306) ? 1 : 0;
};

/** Images that start as the official ones do; others have entry points, accounts and paths of their own. */
const officialFamily = /^(?:library\/)?(?:mysql|mariadb)$/;

/** True where entry point, account and paths of the image are known. */
export const isOfficialImage = (service: Service): boolean =>
  service.image !== undefined && officialFamily.test(service.image.value.repository);

/** The server that an image holds. */
export const productOf = (service: Service): Product =>
  /mariadb/.test(service.image?.value.repository ?? '') ||
  /mariadbd/.test([...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].join(' '))
    ? 'mariadb'
    : 'mysql';

/** Major, minor and patch number that the tag names; undefined for `latest`, `lts` and builds. */
export const versionOf = (service: Service): readonly number[] | undefined => {
  const found = /^v?(\d{1,2}(?:\.\d{1,3}){0,2})(?:[.-]|$)/.exec(service.image?.value.tag ?? '')?.[1];
  return found?.split('.').map(Number);
};

/** True where the version that the tag names is at least the given one; undefined where the tag does not tell. */
export const isAtLeast = (service: Service, wanted: readonly number[]): boolean | undefined => {
  const version = versionOf(service);
  if (version === undefined) return undefined;
  for (const [index, number] of wanted.entries()) {
    const own = version[index];
    if (own === undefined) return undefined;
    if (own !== number) return own > number;
  }
  return true;
};

/** User and group of the service account. Source: the Dockerfiles of both official images. */
export const imageAccount = { uid: 999, gid: 999 } as const;

/** The server's program in its image. MariaDB's images have no `mysqld` since version 11. */
export const serverProgram = (service: Service): string => (productOf(service) === 'mariadb' ? 'mariadbd' : 'mysqld');

/** The client's program in its image. */
export const clientProgram = (service: Service): string => (productOf(service) === 'mariadb' ? 'mariadb' : 'mysql');
