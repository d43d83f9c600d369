import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Rewriting, rewriteEnvironment, rewriteText } from './text.ts';

const rewriting: Rewriting = {
  paths: new Map([
    ['/certs', '/srv/p/certs/api'],
    ['/certs/ca', '/srv/p/certs/ca'],
    ['/data', '/state/volumes/data'],
    ['/srv', '/elsewhere'],
    ['/run/secrets/key', '/srv/p/secrets/key'],
  ]),
  ports: new Map([
    ['postgres', new Map([[5432, 21001]])],
    ['my-postgres', new Map([[5432, 21002]])],
    ['db.internal', new Map([[5432, 21001]])],
    ['vault', new Map([[8200, 21003]])],
    ['api', new Map([[80, 21004]])],
    [
      'rabbit',
      new Map([
        [5672, 21005],
        [15672, 21006],
      ]),
    ],
  ]),
  own: new Map([[3000, 21009]]),
};

const texts: readonly (readonly [what: string, before: string, after: string])[] = [
  ['a bare path', 'cat /certs/cert.pem', 'cat /srv/p/certs/api/cert.pem'],
  ['the longest path', '/certs/ca/ca.pem', '/srv/p/certs/ca/ca.pem'],
  ['a quoted path', `"/data" '/data/x'`, `"/state/volumes/data" '/state/volumes/data/x'`],
  ['a path behind = and :', 'a=/data:/certs', 'a=/state/volumes/data:/srv/p/certs/api'],
  ['a path at the end of a sentence', 'it is in /data.', 'it is in /state/volumes/data.'],
  ['a file URL', 'file:///certs/ca.pem', 'file:///srv/p/certs/api/ca.pem'],
  ['a path behind @', '--data @/data/x', '--data @/state/volumes/data/x'],
  ['not the start of a longer name', '/certs-old /certs.bak /certsx /data_1', '/certs-old /certs.bak /certsx /data_1'],
  [
    'not the end of a longer path',
    '/etc/certs ./certs $HOME/data ${X}/data',
    '/etc/certs ./certs $HOME/data ${X}/data',
  ],
  ['not the path of a URL', 'https://host/certs/x', 'https://host/certs/x'],
  ['not a path twice', '/certs /srv', '/srv/p/certs/api /elsewhere'],
  ['a secret', 'cat /run/secrets/key', 'cat /srv/p/secrets/key'],
  ['not another secret', '/run/secrets/key2 /run/secrets', '/run/secrets/key2 /run/secrets'],

  ['an address', 'postgres:5432', 'localhost:21001'],
  [
    'a user named like the service',
    'postgresql://postgres:5432@postgres:5432/postgres',
    'postgresql://postgres:5432@localhost:21001/postgres',
  ],
  [
    'a database named like it',
    'postgresql://postgres:pw@postgres:5432/postgres?x=1',
    'postgresql://postgres:pw@localhost:21001/postgres?x=1',
  ],
  ['a service whose name ends like another', 'my-postgres:5432', 'localhost:21002'],
  ['a service with a dot', 'db.internal:5432', 'localhost:21001'],
  [
    'not part of a name',
    'xpostgres:5432 a.postgres:5432 postgres.example:5432',
    'xpostgres:5432 a.postgres:5432 postgres.example:5432',
  ],
  ['not a longer number', 'postgres:54321 postgres:5432a', 'postgres:54321 postgres:5432a'],
  ['not an image', 'registry/postgres:5432 image: postgres:16', 'registry/postgres:5432 image: postgres:16'],
  ['not a shell variable', '$postgres:5432 ${postgres:5432}', '$postgres:5432 ${postgres:5432}'],
  ['an https URL', 'https://vault:8200/v1', 'https://localhost:21003/v1'],
  ['a URL without a port', 'http://api/health', 'http://localhost:21004/health'],
  ['a URL without a port, at the end', 'amqp://guest:guest@rabbit', 'amqp://guest:guest@localhost:21005'],
  [
    'a URL without a port and a user like it',
    'postgres://postgres@postgres/postgres',
    'postgres://postgres@localhost:21001/postgres',
  ],
  ['not a scheme whose port nobody serves', 'https://api/', 'https://api/'],
  ['a list of addresses', 'postgres:5432,my-postgres:5432', 'localhost:21001,localhost:21002'],
  ['an address in brackets', 'root:pw@tcp(postgres:5432)/db', 'root:pw@tcp(localhost:21001)/db'],
  [
    'a libpq string',
    'app = host=postgres port=5432 dbname=postgres',
    'app = host=localhost port=21001 dbname=postgres',
  ],
  ['its own listener', 'address = "0.0.0.0:3000"', 'address = "127.0.0.1:21009"'],
  ['its own IPv6 listener', 'listen [::]:3000;', 'listen 127.0.0.1:21009;'],
  ['itself', 'curl http://localhost:3000/health', 'curl http://localhost:21009/health'],
  ["not another's port on itself", 'localhost:5432', 'localhost:5432'],
  ['nothing in a plain text', 'postgres is at home, port 5432', 'postgres is at home, port 5432'],
];

for (const [what, before, after] of texts)
  test(`rewrites ${what}`, () => assert.equal(rewriteText(before, rewriting), after));

test('leaves a text alone where nothing is known', () => {
  const empty = { paths: new Map(), ports: new Map(), own: new Map() };
  assert.equal(rewriteText('http://x:80 /data ://', empty), 'http://x:80 /data ://');
});

test('rewrites host and port variables together', () => {
  assert.deepEqual(
    rewriteEnvironment(
      [
        ['DB_HOST', 'postgres'],
        ['DB_PORT', '5432'],
        ['PGHOST', 'my-postgres'],
        ['VAULT_ADDR', 'http://vault:8200'],
        ['RABBIT_HOST', 'rabbit'],
        ['QUEUE_HOSTNAME', 'rabbit'],
        ['QUEUE_PORT', '15672'],
        ['OTHER_HOST', 'example.org'],
        ['OTHER_PORT', '5432'],
        ['WRONG_HOST', 'postgres'],
        ['WRONG_PORT', '1'],
        ['POSTGRES_USER', 'postgres'],
        ['POSTGRES_PORT', '5432'],
        ['CERT', '/certs/cert.pem'],
        ['UNSET', null],
      ],
      rewriting,
    ),
    {
      DB_HOST: 'localhost',
      DB_PORT: '21001',
      PGHOST: 'localhost',
      PGPORT: '21002',
      VAULT_ADDR: 'http://localhost:21003',
      // Two ports, and no variable says which one is meant.
      RABBIT_HOST: 'rabbit',
      QUEUE_HOSTNAME: 'localhost',
      QUEUE_PORT: '21006',
      OTHER_HOST: 'example.org',
      OTHER_PORT: '5432',
      WRONG_HOST: 'postgres',
      WRONG_PORT: '1',
      POSTGRES_USER: 'postgres',
      POSTGRES_PORT: '5432',
      CERT: '/srv/p/certs/api/cert.pem',
    },
  );
});
