import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificates, secrets } from './certificates.ts';
import { consumersOf, writtenLogins } from './consumers.ts';
import { harden } from './harden.ts';
import { parseHostBasedAccess } from './host-based-access.ts';
import { kind } from './index.ts';
import { statements } from './statements.ts';
import { loadProject, neighbour } from './testing/project.ts';

const compose = `services:
  db:
    image: postgres:16
    command: postgres -c max_connections=40 -c shared_buffers=64MB -c log_statement=all
    environment:
      POSTGRES_USER: admin
      POSTGRES_PASSWORD: hunter2
      POSTGRES_DB: shop
      VAULT_TOKEN: root
    healthcheck:
      test: ["CMD-SHELL", "psql -h localhost -U admin -c 'SELECT 1'"]
  api:
    image: example/api
    environment:
      DATABASE_URL: postgresql://web:p%40ss@db:5432/orders?sslmode=disable
  pgbouncer:
    image: edoburu/pgbouncer
    environment:
      DATABASES_HOST: db
  stranger:
    image: example/stranger
    depends_on: [db]
  bystander:
    image: example/bystander
`;

const load = () => loadProject({ 'compose.yaml': compose }, [kind, neighbour('api'), neighbour('pgbouncer')]);

const fileOf = async (path: string): Promise<string> => {
  const { stack, service } = await load();
  const change = harden(stack, service).find((each) => each.kind === 'file-write' && each.path === path);
  assert.ok(change?.kind === 'file-write');
  return change.content;
};

describe('consumers', () => {
  it('are the services with an edge to the server, with the database that they name', async () => {
    const { stack, service } = await load();
    assert.deepEqual(consumersOf(stack, service), [
      { name: 'api', database: 'orders', formerRole: 'web', hasIdentity: true, pools: false, direct: true },
      { name: 'pgbouncer', database: 'shop', hasIdentity: true, pools: true, direct: true },
      { name: 'stranger', database: 'shop', hasIdentity: false, pools: false, direct: true },
    ]);
  });

  it('may have their password in the files, which a probe then tries', async () => {
    const { stack, service } = await load();
    assert.deepEqual(writtenLogins(stack, service), [
      { user: 'admin', password: 'hunter2' },
      { user: 'web', password: 'p@ss' },
    ]);
  });

  it('get an account and a certificate each, and nobody else does', async () => {
    const { stack, service } = await load();
    assert.deepEqual(
      secrets(stack, service).map(({ path, readers }) => [path, readers]),
      [
        ['db', ['db']],
        ['db/api', ['api']],
        ['db/pgbouncer', ['pgbouncer']],
        ['db/stranger', ['stranger']],
      ],
    );
    assert.deepEqual(
      certificates(stack, service).map(({ service: owner, usage, directory }) => [owner, usage, directory]),
      [
        ['db', 'server', 'certs/db/server'],
        ['api', 'client', 'certs/api/client'],
        ['pgbouncer', 'client', 'certs/pgbouncer/client'],
      ],
    );
  });
});

describe('the hardened files', () => {
  it('turn everybody away but the declared, the superuser first', async () => {
    const { rules, invalid } = parseHostBasedAccess(await fileOf('config/db/pg_hba.conf'));
    assert.deepEqual(invalid, []);
    assert.deepEqual(
      rules.map(({ type, databases, users, method, options }) => [
        type,
        databases[0]?.text,
        users[0]?.text,
        method,
        options.get('clientcert'),
      ]),
      [
        ['local', 'all', 'admin', 'peer', undefined],
        ['host', 'all', 'admin', 'reject', undefined],
        ['hostssl', 'orders', 'api', 'scram-sha-256', 'verify-full'],
        ['hostssl', 'shop', 'pgbouncer', 'scram-sha-256', 'verify-full'],
        ['hostssl', 'shop', 'stranger', 'scram-sha-256', undefined],
        ['local', 'all', 'all', 'reject', undefined],
        ['host', 'all', 'all', 'reject', undefined],
      ],
    );
  });

  it("keep the user's own settings, but not those that weaken the posture", async () => {
    const text = await fileOf('config/db/postgresql.conf');
    assert.match(text, /^shared_buffers = '64MB'$/m);
    assert.match(text, /^max_connections = '40'$/m);
    assert.match(text, /^log_statement = 'none'$/m);
    assert.equal(text.match(/^log_statement/gm)?.length, 1);
  });

  it('hold no secret', async () => {
    const { stack, service } = await load();
    assert.doesNotMatch(JSON.stringify(harden(stack, service)), /"(content|value)":"[^"]*(hunter2|p@ss)/);
  });

  it('replace a health check that logs in over the network', async () => {
    const { stack, service } = await load();
    const edit = harden(stack, service).find((each) => each.kind === 'compose-edit' && each.path.at(-1) === 'test');
    assert.ok(edit?.kind === 'compose-edit' && edit.edit.op === 'set');
    assert.deepEqual(edit.edit.value, ['CMD-SHELL', 'pg_isready --quiet']);
  });

  it('leave images alone that start in another way', async () => {
    const { stack, service } = await loadProject({
      'compose.yaml': 'services:\n  db:\n    image: bitnami/postgresql:17\n',
    });
    assert.deepEqual(harden(stack, service), []);
  });
});

describe('a stack that is hardened already', () => {
  it('remembers the database of a consumer that learns it from Vault now', async () => {
    const { stack, service } = await loadProject(
      {
        'compose.yaml': `services:
  db:
    image: palisade/postgres:16
    command: postgres -c hba_file=/etc/postgresql/pg_hba.conf
    environment:
      POSTGRES_DB: shop
    volumes:
      - ./config/db:/etc/postgresql:ro
  api:
    image: example/api
    depends_on: [db]
`,
        'config/db/pg_hba.conf': await fileOf('config/db/pg_hba.conf'),
      },
      [kind, neighbour('api')],
    );
    assert.deepEqual(
      consumersOf(stack, service).map(({ name, database }) => [name, database]),
      [['api', 'orders']],
    );
  });
});

describe('a consumer with the name of the superuser', () => {
  it('is left to a person, because one role cannot be both', async () => {
    const files = { 'compose.yaml': compose.replace('POSTGRES_USER: admin', 'POSTGRES_USER: api') };
    const { stack, service } = await loadProject(files, [kind, neighbour('api')]);
    assert.deepEqual(harden(stack, service), []);
    assert.deepEqual(statements(stack, service), []);
  });
});

describe('statements', () => {
  it('take no data away and hold no secret', async () => {
    const { stack, service } = await load();
    for (const { statement, parameters } of statements(stack, service)) {
      assert.doesNotMatch(statement, /\b(DROP|TRUNCATE|DELETE FROM)\b/);
      for (const [name, value] of Object.entries(parameters))
        assert.ok(name === 'role' || typeof value !== 'string', `${name} is a reference`);
    }
  });

  it('quote the names that they are made of', async () => {
    const { stack, service } = await loadProject({
      'compose.yaml': `services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_DB: 'sh"op''s'\n`,
    });
    const texts = statements(stack, service).map(({ statement }) => statement);
    assert.ok(texts.includes('CREATE DATABASE "sh""op\'s"'));
  });

  it('give a pooler the connections of its pool', async () => {
    const { stack, service } = await load();
    const limit = (role: string): string | undefined =>
      statements(stack, service)
        .map(({ statement }) => new RegExp(`^ALTER ROLE "${role}" .*CONNECTION LIMIT (\\d+)`).exec(statement)?.[1])
        .find((found) => found !== undefined);
    assert.deepEqual([limit('api'), limit('pgbouncer')], ['20', '30']);
  });
});
