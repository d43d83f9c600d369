import { chown, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Authority } from './certificates.ts';
import { type Child, execute, freePort, startChild, until } from './children.ts';

/** A PostgreSQL server with the sample data, on loopback, for one test file. */
export interface PostgresServer {
  readonly port: number;
  /** Runs statements as its administrator, over the Unix socket, and gives the rows of the last one as JSON. */
  readonly administer: (statements: string) => Promise<string>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const newestPrograms = async (): Promise<string> => {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root)).map(Number).filter(Number.isInteger);
  return join(root, String(Math.max(...versions)), 'bin');
};

/** initdb refuses to run as root. */
const account = async (): Promise<{ uid: number; gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execute('id', [flag, 'postgres'])));
  return { uid: Number(uid), gid: Number(gid) };
};

const seed = new URL('../../../../stack/configs/postgres/init/10-users.sql', import.meta.url);

/**
 * Starts a server whose database `devdb` has the users table. Over TCP, role `devuser` is trusted without TLS, as in
 * development, where `trust` is true; otherwise TLS, SCRAM and a client certificate of the role's name are demanded.
 */
export const startPostgres = async (
  directory: string,
  options: { readonly authority: Authority; readonly trust: boolean },
): Promise<PostgresServer> => {
  await mkdir(directory, { recursive: true });
  const programs = await newestPrograms();
  const owner = await account();
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  const certificates = join(directory, 'certs');
  const port = await freePort();
  const as = owner ?? {};
  await execute(join(programs, 'initdb'), ['-D', data, '-U', 'devuser', '-A', 'trust', '--no-sync'], {
    ...as,
    cwd: directory,
  });
  await options.authority.issue(certificates, { name: 'postgres', ...(owner === undefined ? {} : { owner }) });
  if (owner !== undefined) await chown(certificates, owner.uid, owner.gid);
  const remote = options.trust
    ? 'host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust'
    : 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full\nhostssl all all ::1/128 scram-sha-256 clientcert=verify-full';
  await writeFile(join(data, 'pg_hba.conf'), `local all all trust\n${remote}\n`);

  const connection = { host: directory, port, user: 'devuser', database: 'postgres', connectionTimeoutMillis: 1_000 };
  const administer = async (database: string, statements: string): Promise<string> => {
    const client = new Client({ ...connection, database });
    await client.connect();
    try {
      const results = [await client.query(statements)].flat();
      return JSON.stringify(results.at(-1)?.rows ?? []);
    } finally {
      await client.end();
    }
  };
  let child: Child | undefined;
  const settings = {
    listen_addresses: 'localhost',
    port: String(port),
    unix_socket_directories: directory,
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(certificates, 'cert.pem'),
    ssl_key_file: join(certificates, 'key.pem'),
    ssl_ca_file: join(certificates, 'ca.pem'),
    password_encryption: 'scram-sha-256',
  };
  const start = async (): Promise<void> => {
    child = startChild(
      join(programs, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { env: { LANG: 'C.UTF-8' }, cwd: directory, ...as },
    );
    const output = child.output;
    await until(
      () =>
        administer('postgres', 'SELECT 1').then(
          () => true,
          () => false,
        ),
      output,
    );
  };
  await start();
  await administer('postgres', 'CREATE DATABASE devdb');
  await administer('devdb', await readFile(seed, 'utf8'));
  return {
    port,
    administer: (statements) => administer('devdb', statements),
    start,
    stop: async () => {
      await child?.stop('SIGINT');
    },
  };
};
