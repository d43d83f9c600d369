import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { certificates, secrets } from './certificates.ts';
import { consumersOf, databaseOf } from './consumers.ts';
import { canHarden, harden } from './harden.ts';
import { knownLogins } from './probe/known-logins.ts';
import { statements } from './statements.ts';
import { loadProject, type Project } from './testing/project.ts';

const single = {
  'compose.yaml': `services:
  store:
    image: mongo:8.0
    command: mongod --config /etc/own/mongod.conf --maxConns 50
    environment:
      MONGO_INITDB_ROOT_USERNAME: root
      MONGO_INITDB_ROOT_PASSWORD: canary-root
    volumes:
      - ./own:/etc/own
    healthcheck:
      test: ["CMD", "mongosh", "--eval", "1"]
  shop:
    image: example/shop
    environment:
      MONGO_URL: mongodb://web:p%40ss@store:27017/orders?authSource=users
  mailer:
    image: example/mailer
    depends_on: [store]
  bystander:
    image: example/bystander
`,
  'own/mongod.conf': `storage:
  wiredTiger:
    engineConfig:
      cacheSizeGB: 0.5
security:
  javascriptEnabled: true
setParameter:
  enableTestCommands: 1
  ttlMonitorSleepSecs: 30
systemLog:
  verbosity: 3
  destination: file
  path: /var/log/mongod.log
`,
};

const set = {
  'compose.yaml': `services:
${['a-1', 'a-2']
  .map(
    (name) => `  ${name}:
    image: mongo:7
    command: ["mongod", "--replSet", "rs0"]
`,
  )
  .join('')}  shop:
    image: example/shop
    environment:
      MONGO_URL: mongodb://a-1:27017,a-2:27017/orders?replicaSet=rs0
`,
};

const fileOf = ({ stack, service }: Project, name: string, path: string): string => {
  const change = harden(stack, service(name)).find((each) => each.kind === 'file-write' && each.path === path);
  assert.ok(change?.kind === 'file-write', `${path} is not written`);
  return change.content;
};

describe('consumers', () => {
  it('are the services with an edge to the server, each with the database that it names', async () => {
    const { stack, service } = await loadProject(single);
    assert.deepEqual(
      consumersOf(stack, service('store')).map((each) => [each.name, databaseOf(stack, service('store'), each)]),
      [
        ['shop', 'orders'],
        ['mailer', 'mailer'],
      ],
    );
  });

  it('get an account with one role in one database, and nobody else has one', async () => {
    const { stack, service } = await loadProject(single);
    assert.deepEqual(
      statements(stack, service('store')).map(({ database, parameters }) => [
        database,
        parameters['role'],
        parameters['declared'],
      ]),
      [
        ['orders', 'readWrite', undefined],
        ['mailer', 'readWrite', undefined],
        ['admin', undefined, 'admin.administrator orders.shop mailer.mailer'],
      ],
    );
  });

  it('may have their password in the files, which a probe then tries in the database that knows it', async () => {
    const { stack, service } = await loadProject(single);
    assert.deepEqual(knownLogins({ stack, service: service('store'), endpoint: () => undefined }).slice(0, 2), [
      { username: 'root', password: 'canary-root', database: 'admin' },
      { username: 'web', password: 'p@ss', database: 'users' },
    ]);
  });
});

describe('the hardened configuration', () => {
  it('keeps what harms nobody, and decides the rest', async () => {
    const project = await loadProject(single);
    const text = fileOf(project, 'store', 'config/store/mongod.conf');
    assert.deepEqual(parse(text), {
      storage: { wiredTiger: { engineConfig: { cacheSizeGB: 0.5 } }, dbPath: '/data/db' },
      setParameter: {
        ttlMonitorSleepSecs: 30,
        enableLocalhostAuthBypass: false,
        authenticationMechanisms: 'SCRAM-SHA-256',
      },
      net: {
        port: 27_017,
        bindIp: 'localhost',
        unixDomainSocket: { enabled: false },
        tls: {
          mode: 'requireTLS',
          certificateKeyFile: '/dev/shm/palisade-store/server.pem',
          clusterFile: '/dev/shm/palisade-store/client.pem',
          CAFile: '/certs/ca.pem',
          allowConnectionsWithoutCertificates: false,
          disabledProtocols: 'TLS1_0,TLS1_1',
        },
        maxIncomingConnections: 50,
      },
      security: { authorization: 'enabled', javascriptEnabled: false },
      systemLog: { verbosity: 0, quiet: false },
    });
  });

  it('of the first start has the same storage, and no port', async () => {
    assert.deepEqual(parse(fileOf(await loadProject(single), 'store', 'config/store/first-start.conf')), {
      storage: { wiredTiger: { engineConfig: { cacheSizeGB: 0.5 } }, dbPath: '/data/db' },
      net: { bindIp: '/dev/shm/palisade-store/first-start.sock' },
    });
  });

  it('holds no password, nor does any other file or edit', async () => {
    const { stack, service } = await loadProject(single);
    assert.ok(!JSON.stringify(harden(stack, service('store'))).includes('canary'));
  });
});

describe('a replica set', () => {
  it('has one key and one administrator for all members, which they alone may read', async () => {
    const { stack, service } = await loadProject(set);
    const [first, second] = [secrets(stack, service('a-1')), secrets(stack, service('a-2'))];
    assert.deepEqual(
      first.map(({ path, readers }) => [path, readers]),
      [
        ['a-1', ['a-1', 'a-2']],
        ['a-1/shop', ['shop']],
      ],
    );
    assert.deepEqual(Object.keys(first[0]?.fields ?? {}), ['username', 'password', 'member']);
    assert.deepEqual([second, statements(stack, service('a-2'))], [[], []]);
  });

  it('reads that key on every member, from the path of the first', async () => {
    const project = await loadProject(set);
    for (const name of ['a-1', 'a-2']) {
      const script = fileOf(project, name, `scripts/${name}/init-approle.sh`);
      assert.match(script, /request GET secret\/data\/a-1 /);
      assert.match(script, /printf %s "\$field_member" \| tr '_-' '\/\+' > "\$directory\/member\.key"/);
      const configuration = fileOf(project, name, `config/${name}/mongod.conf`);
      assert.match(configuration, /^replication:\n  replSetName: rs0$/m);
      assert.match(configuration, new RegExp(`^  keyFile: /dev/shm/palisade-${name}/member.key$`, 'm'));
    }
  });

  it('has certificates for members as servers and as clients', async () => {
    const { stack, service } = await loadProject(set);
    assert.deepEqual(
      certificates(stack, service('a-2')).map(({ usage, commonName, directory }) => [usage, commonName, directory]),
      [
        ['server', 'a-2', 'certs/a-2/server'],
        ['client', 'a-2', 'certs/a-2/client'],
      ],
    );
  });
});

describe('nothing is hardened', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['of an image with start scripts of its own', 'image: bitnami/mongodb:8.0'],
    ['of a version whose settings have other names', 'image: mongo:4.0'],
    [
      'of a server whose configuration is part of its image',
      'image: mongo:8.0\n    command: ["mongod", "-f", "/etc/x.conf"]',
    ],
    ['of a shard', 'image: mongo:8.0\n    command: ["mongod", "--shardsvr"]'],
  ];
  for (const [what, text] of cases)
    it(what, async () => {
      const { stack, service } = await loadProject({ 'compose.yaml': `services:\n  store:\n    ${text}\n` });
      const store = service('store');
      assert.equal(canHarden(stack, store), false);
      assert.deepEqual(
        [harden(stack, store), secrets(stack, store), certificates(stack, store), statements(stack, store)],
        [[], [], [], []],
      );
    });
});
