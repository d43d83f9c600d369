import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consumerConnections } from '../../../../packages/palisade/src/services/mysql/limits.ts';
import { accountName, identifier } from '../../../../packages/palisade/src/services/mysql/sql.ts';
import { consumerRights, subjectOf } from '../../../../packages/palisade/src/services/mysql/statements.ts';
import { execute, freePort, startChild } from '../../src/testing/children.ts';
import { type NeighbourServer, type Start, end, environmentIn, identityIn, ownName, untilSaid } from './server.ts';

const database = 'devdb';

/**
 * Starts MariaDB with the character set that it comes with, which is latin1 before 11.6: nothing that the API keeps may rest on
 * what the server makes of it.
 */
export const startMysql = async (start: Start): Promise<NeighbourServer> => {
  const { directory, account } = start;
  const { certificate, key, authorities } = await identityIn(start, 'mysql');
  const data = join(directory, 'data');
  const first = join(directory, 'first.sql');
  const name = accountName(account.username, '127.0.0.1');
  // One statement a line, which the server runs before it listens.
  await writeFile(
    first,
    `CREATE DATABASE ${identifier(database)};
CREATE USER ${name} IDENTIFIED BY '${account.password.reveal()}' REQUIRE SUBJECT '${subjectOf(account.username)}' WITH MAX_USER_CONNECTIONS ${consumerConnections};
GRANT ${consumerRights.join(', ')} ON ${identifier(database)}.* TO ${name};
`,
    { mode: 0o600 },
  );
  const ownAccount = `--user=${ownName()}`;
  await execute('mariadb-install-db', ['--no-defaults', ownAccount, `--datadir=${data}`, '--skip-test-db']);
  const port = await freePort();
  const settings = {
    datadir: data,
    socket: join(directory, 'mysqld.sock'),
    'pid-file': join(directory, 'mysqld.pid'),
    tmpdir: directory,
    'bind-address': '127.0.0.1',
    port: String(port),
    'init-file': first,
    'ssl-ca': authorities,
    'ssl-cert': certificate,
    'ssl-key': key,
    'tls-version': 'TLSv1.2,TLSv1.3',
    'require-secure-transport': 'ON',
    'skip-name-resolve': 'ON',
    'local-infile': 'OFF',
    'innodb-flush-log-at-trx-commit': '0',
  };
  const child = startChild(
    'mariadbd',
    ['--no-defaults', ownAccount, ...Object.entries(settings).map(([setting, value]) => `--${setting}=${value}`)],
    { env: environmentIn(directory), cwd: directory },
  );
  await untilSaid(child, 'ready for connections');
  return {
    port,
    database,
    stop: () => end(child),
  };
};
