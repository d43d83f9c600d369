import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Service, Stack } from '../../contracts/stack.ts';
import { loadStack } from '../../model/index.ts';
import { certificates, secrets } from './certificates.ts';
import { container } from './container.ts';
import { consumersOf } from './consumers.ts';
import { harden } from './harden.ts';
import { kind } from './index.ts';
import { statements } from './statements.ts';

/** Loads a project of the given files; `db` is the service under test. */
const load = async (
  files: Readonly<Record<string, string>>,
): Promise<{ readonly stack: Stack; readonly service: Service }> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-mysql-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const stack = await loadStack({ directory, environment: {}, kinds: [kind] });
    const service = stack.services.get('db');
    assert.ok(service);
    return { stack, service };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const compose = (db: string, others = ''): Readonly<Record<string, string>> => ({
  'compose.yaml': `services:\n  db:\n${db}${others}`,
});

const written = ({ stack, service }: { stack: Stack; service: Service }, path: string): string => {
  const found = harden(stack, service).find((change) => change.kind === 'file-write' && change.path === path);
  return found?.kind === 'file-write' ? found.content : '';
};

describe('the option file', () => {
  it('carries over what is harmless, from files and command, and nothing that weakens', async () => {
    const project = await load({
      ...compose(`    image: mariadb:11.4
    command: ["--innodb-buffer-pool-size=64M", "--skip-grant-tables", "--max-connections=60"]
    volumes:
      - ./conf:/etc/mysql/conf.d:ro
`),
      'conf/a.cnf': `[mysqld]
character-set-server = utf8mb4
bind-address = 0.0.0.0
general_log = ON
tls_version = TLSv1.1
loose-spider_x = 1
[client]
password = canary
default-character-set = utf8mb4
[mysqld-10.4]
sort_buffer_size = 1
`,
    });
    const text = written(project, 'config/db/palisade.cnf');
    assert.match(text, /^character_set_server=utf8mb4\nloose_spider_x=1\ninnodb_buffer_pool_size=64M$/m);
    assert.match(text, /^max_connections=60\nmax_user_connections=40$/m);
    assert.match(text, /^\[client\]\ndefault-character-set=utf8mb4$/m);
    assert.doesNotMatch(text, /skip_grant|0\.0\.0\.0|general_log=ON|TLSv1\.1|canary|sort_buffer/);
    assert.match(text, /^plugin_load_add=server_audit$/m);
    assert.match(text, /^secure_file_priv=\/dev\/shm\/palisade-db\/files$/m);
  });

  it('speaks to MySQL in its own options', async () => {
    const text = written(await load(compose('    image: mysql:8.4\n')), 'config/db/palisade.cnf');
    assert.match(text, /^secure_file_priv=NULL$/m);
    assert.match(text, /^mysqlx=OFF$/m);
    assert.doesNotMatch(text, /server_audit/);
  });
});

describe('what cannot be hardened', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['an image with start scripts of its own', compose('    image: bitnami/mariadb:11.4\n')],
    ['a MariaDB that cannot demand TLS', compose('    image: mariadb:10.4\n')],
    ['a MySQL that is too old', compose('    image: mysql:5.7\n')],
    ['a program of the user’s own', compose('    image: mysql:8.4\n    command: ["/start.sh"]\n')],
    [
      'a server with a consumer that is named like its administrator',
      compose('    image: mysql:8.4\n', '  root:\n    image: shop/api\n    depends_on: [db]\n'),
    ],
  ];
  for (const [name, files] of cases)
    it(`is ${name}: nothing is written, asked for or issued`, async () => {
      const { stack, service } = await load(files);
      assert.deepEqual(
        [harden, secrets, certificates, statements].map((ask) => ask(stack, service).length),
        [0, 0, 0, 0],
      );
    });
});

describe('consumers', () => {
  it('are tied to their database by URL, then by what an earlier hardening has noted, then by the image', async () => {
    const others = `  api:
    image: shop/api
    environment:
      DB: mysql+pymysql://dev:dev@db/orders?charset=utf8
  noted:
    image: shop/api
    depends_on: [db]
  other:
    image: shop/api
    depends_on: [db]
    networks:
      data:
        ipv4_address: 172.20.0.9
networks:
  data: {}
`;
    const { stack, service } = await load({
      ...compose(
        `    image: mysql:8.4
    environment:
      MYSQL_DATABASE: first
    volumes:
      - ./x.cnf:/etc/mysql/conf.d/x.cnf:ro
`,
        others,
      ),
      'x.cnf': '# Consumer noted uses the database kept\n[mysqld]\nport=3306\n',
    });
    assert.deepEqual(
      consumersOf(stack, service).map(({ name, database, hosts }) => [name, database, hosts.length]),
      [
        ['api', 'orders', 4],
        ['noted', 'kept', 4],
        ['other', 'first', 2],
      ],
    );
    assert.deepEqual(consumersOf(stack, service)[2]?.hosts, ['127.0.0.1', '172.20.0.9']);
  });

  it('of no known kind get an account that demands TLS, for nobody can give them a certificate', async () => {
    const { stack, service } = await load(
      compose('    image: mysql:8.4\n', '  batch:\n    image: shop/batch\n    depends_on: [db]\n'),
    );
    const [account] = statements(stack, service);
    assert.match(account?.statement ?? '', /REQUIRE SSL WITH MAX_USER_CONNECTIONS 20/);
    assert.deepEqual(
      certificates(stack, service).map(({ role }) => role),
      ['db-server'],
    );
  });
});

describe('a client in a container', () => {
  it('never has a password among its arguments', async () => {
    const { stack, service } = await load(
      compose('    image: mysql:8.4\n    environment:\n      MYSQL_ROOT_PASSWORD: canary\n'),
    );
    const made = container.client?.(['mysql', '--batch'], service, stack);
    assert.doesNotMatch(JSON.stringify(made), /canary/);
    assert.deepEqual(made?.command.slice(-3), ['mysql', '--user=root', '--batch']);
  });
});
