import assert from 'node:assert/strict';
import type { ClientConfig } from 'pg';
import type { SecretReference, SqlStatement } from '../../../contracts/change.ts';
import { Secret } from '../../../support/secret.ts';
import { applyStatement, statementHolds, type StatementTools } from '../apply-statement.ts';
import { harden } from '../harden.ts';
import { statements } from '../statements.ts';
import { createAuthority, type Authority, type Identity } from './authority.ts';
import { createTestHost, type TestHost } from './host.ts';
import { startFakeVault } from './vault.ts';

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

const consumers = ['reference-api', 'worker', 'pgbouncer'] as const;

/** A service that uses the database; in production it has a role of its own name. */
export type Consumer = (typeof consumers)[number];

/** Passwords of the production posture. */
export const passwords: Readonly<Record<Consumer | 'superuser', string>> = {
  superuser: 'canary-superuser-0123456789',
  'reference-api': 'canary-reference-0123456789',
  worker: 'canary-worker-0123456789',
  pgbouncer: 'canary-pgbouncer-0123456789',
};

/** The same passwords by their path in Vault. */
const passwordAt: Readonly<Record<string, string>> = {
  postgres: passwords.superuser,
  'postgres/reference-api': passwords['reference-api'],
  'postgres/worker': passwords.worker,
  'postgres/pgbouncer': passwords.pgbouncer,
};

const resolveSecret = ({ secret: { path } }: SecretReference): Promise<Secret | undefined> => {
  const password = passwordAt[path];
  return Promise.resolve(password === undefined ? undefined : new Secret(password));
};

/** What bounds each question of a test. */
export const bound = (): AbortSignal => AbortSignal.timeout(60_000);

/** What a login says other than usual. */
export interface LoginChanges extends ClientConfig {
  /** The client's certificate where it is not that of the consumer. */
  readonly identity?: Identity | 'none';
}

/** A shop's database on a real server, which a test takes from the development posture to the production one. */
export interface Shop extends AsyncDisposable {
  readonly host: TestHost;
  readonly authority: Authority;
  /** Hardens the files, starts the server on them again, and carries out the statements; resolves to those. */
  readonly harden: () => Promise<readonly SqlStatement[]>;
  /** Puts a new certificate where the server reads one when it starts or reloads. */
  readonly renewCertificate: () => Promise<void>;
  readonly carryOut: (statement: SqlStatement) => Promise<'applied' | 'unchanged'>;
  /** Whether nothing is left to do for a statement. */
  readonly holds: (statement: SqlStatement) => Promise<boolean>;
  /** A login of a consumer, which the production posture lets in where nothing of it is changed. */
  readonly loginOf: (consumer: Consumer, changes?: LoginChanges) => ClientConfig;
  /** The certificate that a consumer has. */
  readonly identityOf: (consumer: Consumer) => Identity;
}

/** Starts the server of a shop in the development posture, with a stand-in for Vault. */
export const startShop = async (): Promise<Shop> => {
  const authority = await createAuthority('test authority');
  const identities = new Map<Consumer, Identity>();
  for (const consumer of consumers) identities.set(consumer, await authority.issue({ commonName: consumer }));
  const identityOf = (consumer: Consumer): Identity => identities.get(consumer) ?? assert.fail(consumer);

  const vault = await startFakeVault(await authority.issue({ commonName: 'vault', names: ['localhost'] }), {
    postgres: { password: passwords.superuser, username: 'devuser' },
  });
  const host = await createTestHost(() => vault.port);
  const close = async (): Promise<void> => {
    await host[Symbol.asyncDispose]();
    await vault[Symbol.asyncDispose]();
  };

  const tools = async (): Promise<StatementTools> => {
    const { exec, service } = await host.target();
    return { exec, service, resolveSecret };
  };
  const carryOut: Shop['carryOut'] = async (statement) => applyStatement(statement, await tools(), bound());

  const renewCertificate = async (): Promise<void> => {
    const { cert, key } = await authority.issue({ commonName: 'postgres', names: ['postgres', 'localhost'] });
    await host.write('certs/postgres/server/cert.pem', cert);
    await host.write('certs/postgres/server/key.pem', key, 0o600);
  };

  try {
    await host.write('compose.yaml', compose);
    await host.write('configs/postgresql.conf', developmentConfiguration);
    await host.write('configs/init/10-users.sql', initialData);
    await host.start();
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    host,
    authority,
    renewCertificate,
    carryOut,
    identityOf,
    [Symbol.asyncDispose]: close,
    holds: async (statement) => statementHolds(statement, await tools(), bound()),
    harden: async () => {
      // Planned from the development posture, carried out in the other.
      const { stack, service } = await host.load();
      const stated = statements(stack, service);
      await host.apply(harden(stack, service));
      await host.stop();
      await renewCertificate();
      await host.write('certs/postgres/server/ca.pem', authority.certificate);
      await host.write('certs/ca/ca.pem', authority.certificate);
      await host.write('secrets/postgres/role-id', vault.roleId, 0o400);
      await host.write('secrets/postgres/secret-id', vault.secretId, 0o400);
      await host.start();
      for (const statement of stated) await carryOut(statement);
      return stated;
    },
    loginOf: (consumer, { identity = identityOf(consumer), ...changes } = {}) => ({
      host: '127.0.0.1',
      port: host.port,
      user: consumer,
      password: passwords[consumer],
      database: 'devdb',
      connectionTimeoutMillis: 5000,
      ssl: { ca: authority.certificate, servername: 'postgres', ...(identity === 'none' ? {} : identity) },
      ...changes,
    }),
  };
};
