import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Client, type ClientConfig } from 'pg';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { Control, Observation } from '../../contracts/control.ts';
import type { Evidence } from '../../contracts/evidence.ts';
import { assertProven } from '../../../test/proofs.ts';
import { retry } from '../../support/retry.ts';
import { Secret } from '../../support/secret.ts';
import { applyStatement, statementHolds } from './apply-statement.ts';
import type { PostgresEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import { collect } from './probe.ts';
import { statements } from './statements.ts';
import { createAuthority, type Authority, type Identity } from './testing/authority.ts';
import { createTestHost, type TestHost } from './testing/host.ts';
import { startFakeVault, type FakeVault } from './testing/vault.ts';
import { handshake } from './wire.ts';

const compose = `name: shop
services:
  postgres:
    image: postgres:15 # the database
    command: ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      POSTGRES_USER: devuser
      POSTGRES_PASSWORD: canary-devpassword
      POSTGRES_DB: devdb
      POSTGRES_HOST_AUTH_METHOD: trust
    volumes:
      - data:/var/lib/postgresql/data
      - ./configs/postgresql.conf:/etc/postgresql/postgresql.conf:ro
      - ./configs/init:/docker-entrypoint-initdb.d:ro
  reference-api:
    image: example/api
    environment:
      DATABASE_URL: postgresql://devuser:canary-devpassword@postgres:5432/devdb
  worker:
    image: example/worker
    environment:
      DATABASE_URL: postgresql://legacy:canary-legacy@postgres:5432/devdb
  pgbouncer:
    image: edoburu/pgbouncer:v1
    environment:
      DATABASES_HOST: postgres
      DATABASES_DBNAME: devdb
volumes:
  data:
`;

const developmentConfiguration = `listen_addresses = '*'
shared_buffers = 16MB
ssl = off
fsync = off
log_min_messages = debug1
log_statement = 'all'
`;

const initialData = `CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
INSERT INTO users (name) VALUES ('Ada'), ('Grace');
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE ROLE intruder LOGIN SUPERUSER;
SET password_encryption = 'md5';
CREATE ROLE legacy LOGIN PASSWORD 'canary-legacy';
`;

const passwords: Readonly<Record<string, string>> = {
  postgres: 'canary-superuser-0123456789',
  'postgres/reference-api': 'canary-reference-0123456789',
  'postgres/worker': 'canary-worker-0123456789',
  'postgres/pgbouncer': 'canary-pgbouncer-0123456789',
};

const isControl = (value: unknown): value is Control<'postgres'> =>
  typeof value === 'object' && value !== null && 'id' in value && 'live' in value;

const controls = await Promise.all(
  readdirSync(join(import.meta.dirname, 'controls'))
    .filter((file) => !file.endsWith('.test.ts'))
    .map(async (file) => {
      const module: unknown = await import(pathToFileURL(join(import.meta.dirname, 'controls', file)).href);
      const { control } = z.object({ control: z.custom<Control<'postgres'>>(isControl) }).parse(module);
      return control;
    }),
);

const none = (): AbortSignal => AbortSignal.timeout(60_000);

let host: TestHost;
let vault: FakeVault;
let authority: Authority;
let stranger: Authority;
const identities = new Map<string, Identity>();

const resolveSecret = ({ secret }: { readonly secret: { readonly path: string } }): Promise<Secret | undefined> => {
  const password = passwords[secret.path];
  return Promise.resolve(password === undefined ? undefined : new Secret(password));
};

const evidenceNow = async (): Promise<PostgresEvidence> => collect(await host.target(authority.certificate), none());

/** What every live control answers about the server, in its own words. */
const assessed = async (evidence: PostgresEvidence): Promise<ReadonlyMap<string, readonly Observation[]>> => {
  const { stack } = await host.load();
  const given: Evidence<'postgres'> = { of: () => new Map([['postgres', { known: true, value: evidence }]]) };
  return new Map(controls.map((control) => [control.id, [...(control.live?.assess(stack, given) ?? [])]]));
};

const outcomes = (observations: readonly Observation[] | undefined): readonly string[] => [
  ...new Set((observations ?? []).map(({ outcome }) => outcome)),
];

const login = (changes: ClientConfig & { readonly identity?: Identity | undefined } = {}): ClientConfig => {
  const { identity = identities.get('reference-api'), ...rest } = changes;
  return {
    host: '127.0.0.1',
    port: host.port,
    user: 'reference-api',
    password: passwords['postgres/reference-api'],
    database: 'devdb',
    connectionTimeoutMillis: 5000,
    ssl: {
      ca: authority.certificate,
      servername: 'postgres',
      ...('identity' in changes && changes.identity === undefined ? {} : { cert: identity?.cert, key: identity?.key }),
    },
    ...rest,
  };
};

const open = async (config: ClientConfig): Promise<Client> => {
  const client = new Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (thrown) {
    await client.end().catch(() => undefined);
    throw thrown;
  }
};

const refusal = async (config: ClientConfig): Promise<string> => {
  try {
    await (await open(config)).end();
    return 'let in';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

/** The messages of pgAudit in a JSON log. */
const auditLines = (log: string): readonly string[] =>
  log.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { message } = z.object({ message: z.string().optional() }).parse(JSON.parse(line));
    return message?.startsWith('AUDIT: ') === true ? [message] : [];
  });

/** The log, once it holds what was done last. */
const logAfter = (last: RegExp): Promise<string> =>
  retry(
    async () => {
      const text = await host.logs();
      assert.match(text, last);
      return text;
    },
    { within: 5000 },
  );

/** Says where a secret stands, without showing it. */
const absent = (text: string, pattern: RegExp): void => {
  assert.equal(text.search(pattern), -1, `${pattern} is in the text`);
};

const served = async (): Promise<string | undefined> => {
  const seen = await handshake({ host: '127.0.0.1', port: host.port }, { rejectUnauthorized: false }, none());
  return seen?.certificate.serialNumber;
};

const tools = async () => {
  const { exec, service } = await host.target();
  return { exec, service, resolveSecret };
};

describe('PostgreSQL from the development posture to the production one', () => {
  /** Controls that the development posture fails. */
  let failed: readonly string[] = [];

  before(async () => {
    authority = await createAuthority('test authority');
    stranger = await createAuthority('somebody else');
    vault = await startFakeVault(await authority.issue({ commonName: 'vault', names: ['localhost'] }), {
      postgres: { password: passwords['postgres'] ?? '', username: 'devuser' },
    });
    host = await createTestHost(() => vault.port);
    await host.write('compose.yaml', compose);
    await host.write('configs/postgresql.conf', developmentConfiguration);
    await host.write('configs/init/10-users.sql', initialData);
    for (const name of ['reference-api', 'worker', 'pgbouncer'])
      identities.set(name, await authority.issue({ commonName: name }));
  });

  after(async () => {
    await host[Symbol.asyncDispose]();
    await vault[Symbol.asyncDispose]();
  });

  describe('development', () => {
    let evidence: PostgresEvidence;
    before(async () => {
      await host.start();
      evidence = await evidenceNow();
      failed = [...(await assessed(evidence))].flatMap(([id, seen]) => (outcomes(seen).includes('fail') ? [id] : []));
    });

    it('answers every question of the probe', () => {
      for (const [name, answer] of Object.entries(evidence))
        assert.ok(answer.known, `${name}: ${answer.known ? '' : answer.why}`);
      assert.match(evidence.version.known ? evidence.version.value : '', /^\d+\.\d+$/);
    });

    it('shows the form of passwords, never a hash', () => {
      const text = JSON.stringify(evidence);
      assert.doesNotMatch(text, /SCRAM-SHA-256\$|md5[0-9a-f]{32}|canary/);
      assert.equal(evidence.roles.known && evidence.roles.value.find(({ name }) => name === 'legacy')?.password, 'md5');
    });

    it('keeps a verifier out of a log that holds every statement', async () => {
      const statement: SqlStatement = {
        kind: 'sql-statement',
        service: 'postgres',
        database: 'postgres',
        statement: `ALTER ROLE intruder PASSWORD :'verifier'`,
        parameters: { role: 'intruder', verifier: { secret: { path: 'postgres/worker', field: 'password' } } },
        expects: { query: "SELECT rolpassword = :'verifier' FROM pg_authid WHERE rolname = :'role'" },
      };
      assert.equal(
        await applyStatement({ ...statement, expects: { query: 'SELECT false' } }, await tools(), none()),
        'applied',
      );
      assert.equal(await applyStatement(statement, await tools(), none()), 'unchanged');
      assert.match(await host.logs(), /log_statement/, 'the log holds every statement');
      absent(await host.logs(), /canary-worker|SCRAM-SHA-256\$\d/);
    });

    for (const { id } of controls)
      it(`fails ${id}`, async () => {
        const observations = (await assessed(evidence)).get(id);
        assert.ok(outcomes(observations).includes('fail'), JSON.stringify(observations));
      });
  });

  describe('production', () => {
    let evidence: PostgresEvidence;
    let stated: readonly SqlStatement[];
    before(async () => {
      // Planned from the development posture, carried out in the other.
      const { stack, service } = await host.load();
      stated = statements(stack, service);
      await host.apply(harden(stack, service));
      await host.stop();
      const server = await authority.issue({ commonName: 'postgres', names: ['postgres', 'localhost'] });
      await host.write('certs/postgres/server/cert.pem', server.cert);
      await host.write('certs/postgres/server/key.pem', server.key, 0o600);
      await host.write('certs/postgres/server/ca.pem', authority.certificate);
      await host.write('certs/ca/ca.pem', authority.certificate);
      await host.write('secrets/postgres/role-id', vault.roleId, 0o400);
      await host.write('secrets/postgres/secret-id', vault.secretId, 0o400);
      await host.start();
      for (const statement of stated) await applyStatement(statement, await tools(), none());
      evidence = await evidenceNow();
    });

    for (const { id } of controls)
      it(`passes ${id}`, async () => {
        const observations = (await assessed(evidence)).get(id);
        assert.deepEqual(outcomes(observations), ['pass'], JSON.stringify(observations));
      });

    it('is, after the development posture, what the record of proofs says', async () => {
      const passed = [...(await assessed(evidence))].flatMap(([id, seen]) =>
        outcomes(seen).join() === 'pass' ? [id] : [],
      );
      assertProven(import.meta.filename, { failed, passed });
    });

    it('has nothing to change a second time', async () => {
      const { stack, service } = await host.load();
      assert.deepEqual(harden(stack, service), []);
      for (const statement of [...stated, ...statements(stack, service)]) {
        assert.equal(await statementHolds(statement, await tools(), none()), true, statement.statement);
        assert.equal(await applyStatement(statement, await tools(), none()), 'unchanged');
      }
    });

    it('keeps the data, and lets a consumer use it', async () => {
      const client = await open(login());
      const { rows } = await client.query("INSERT INTO users (name) VALUES ('Linus') RETURNING id");
      assert.equal(rows.length, 1);
      await client.query('CREATE TEMP TABLE scratch (id int)');
      const counted = await client.query('SELECT count(*)::int AS count FROM users');
      assert.deepEqual(counted.rows, [{ count: 3 }]);
      await client.query('DELETE FROM users WHERE name = $1', ['Linus']);
      await client.end();
    });

    it('lets a consumer do no more than it needs', async () => {
      const client = await open(login());
      for (const statement of [
        'CREATE ROLE r',
        'CREATE DATABASE d',
        'DROP TABLE users',
        "COPY users TO PROGRAM 'true'",
        'SELECT * FROM pg_authid',
      ])
        await assert.rejects(client.query(statement), { code: '42501' }, statement);
      await client.end();
    });

    const refusals: readonly (readonly [string, () => ClientConfig | Promise<ClientConfig>, RegExp])[] = [
      ['plaintext', () => login({ ssl: false }), /pg_hba\.conf rejects connection|no pg_hba\.conf entry/],
      ['no client certificate', () => login({ identity: undefined }), /valid client certificate/],
      [
        'a certificate of another authority',
        async () => login({ identity: await stranger.issue({ commonName: 'reference-api' }) }),
        /alert|ECONNRESET|unknown ca|hung up|terminated/i,
      ],
      [
        'an expired certificate',
        async () => login({ identity: await authority.issue({ commonName: 'reference-api', days: -1 }) }),
        /alert|ECONNRESET|expired|terminated/i,
      ],
      [
        'a certificate of another name',
        () => login({ identity: identities.get('worker') }),
        /certificate authentication failed|authentication failed/,
      ],
      ['a wrong password', () => login({ password: 'canary-wrong' }), /password authentication failed/],
      [
        'the development password of the superuser',
        () => login({ user: 'devuser', password: 'canary-devpassword' }),
        /rejects connection/,
      ],
      [
        'the superuser with the right password',
        () => login({ user: 'devuser', password: passwords['postgres'] ?? '' }),
        /rejects connection/,
      ],
      [
        'a role of the development posture',
        () => login({ user: 'legacy', password: 'canary-legacy' }),
        /rejects connection/,
      ],
      ['a consumer on another database', () => login({ database: 'postgres' }), /rejects connection/],
    ];
    for (const [name, config, reason] of refusals)
      it(`refuses ${name}`, async () => assert.match(await refusal(await config()), reason));

    it('refuses the 21st connection of a role and the 51st to the database', async () => {
      const clients: Client[] = [];
      try {
        const fill = async (user: string, count: number): Promise<void> => {
          for (let number = 0; number < count; number++)
            clients.push(
              await open(
                login({ user, password: passwords[`postgres/${user}`] ?? '', identity: identities.get(user) }),
              ),
            );
        };
        await fill('reference-api', 20);
        assert.match(await refusal(login()), /too many connections for role "reference-api"/);
        await fill('worker', 20);
        await fill('pgbouncer', 10);
        const last = login({
          user: 'pgbouncer',
          password: passwords['postgres/pgbouncer'] ?? '',
          identity: identities.get('pgbouncer'),
        });
        assert.match(await refusal(last), /too many connections for database "devdb"/);
      } finally {
        await Promise.all(clients.map((client) => client.end()));
      }
    });

    it('audits writes, structure and roles as JSON, and shows no password or verifier anywhere', async () => {
      const client = await open(login());
      await client.query("INSERT INTO users (name) VALUES ('audited')");
      await client.query('CREATE TABLE audited (id int)');
      await client.query('DROP TABLE audited');
      await client.query("DELETE FROM users WHERE name = 'audited'");
      await client.end();
      const patterns = [
        /WRITE,INSERT,.*audited/,
        /DDL,CREATE TABLE,TABLE,public\.audited/,
        /ROLE,ALTER ROLE,,,.*reference-api.*PASSWORD <REDACTED>/,
      ];
      // The server hands its lines to a collector, which writes them a moment later.
      await retry(
        async () => {
          const lines = auditLines(await host.logs());
          for (const pattern of patterns)
            assert.ok(
              lines.some((line) => pattern.test(line)),
              String(pattern),
            );
        },
        { within: 5000 },
      );
      const production = (await host.logs())
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .join('\n');
      absent(production, /canary-|SCRAM-SHA-256\$\d/);
    });

    it('keeps a password out of the log also where the statement fails', async () => {
      const statement: SqlStatement = {
        kind: 'sql-statement',
        service: 'postgres',
        database: 'postgres',
        statement: `ALTER ROLE nobody_here PASSWORD :'verifier'`,
        parameters: { role: 'nobody_here', verifier: { secret: { path: 'postgres/worker', field: 'password' } } },
        expects: { query: 'SELECT false' },
      };
      await assert.rejects(
        async () => applyStatement(statement, await tools(), none()),
        (thrown) => {
          assert.ok(thrown instanceof Error);
          assert.match(thrown.message, /role "nobody_here" does not exist/);
          assert.doesNotMatch(thrown.message, /canary|SCRAM/);
          return true;
        },
      );
      absent(await logAfter(/role \\"nobody_here\\" does not exist/), /canary-worker|SCRAM-SHA-256\$\d/);
    });

    it('serves a new certificate after a reload, without a restart', async () => {
      const earlier = await served();
      const server = await authority.issue({ commonName: 'postgres', names: ['postgres', 'localhost'] });
      await host.write('certs/postgres/server/cert.pem', server.cert);
      await host.write('certs/postgres/server/key.pem', server.key, 0o600);
      host.reload();
      const deadline = Date.now() + 5000;
      while ((await served()) === earlier && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 50));
      assert.notEqual(await served(), earlier);
    });
  });
});
