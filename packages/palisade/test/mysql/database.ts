import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Runtime } from '../../src/contracts/runtime.ts';
import type { Stack } from '../../src/contracts/stack.ts';
import { assessStack } from '../../src/jobs/assess.ts';
import { systemContext } from '../../src/jobs/context.ts';
import { hardenDirectory } from '../../src/jobs/harden.ts';
import { bringUp } from '../../src/jobs/hardened/bring-up.ts';
import { openOperatorSession } from '../../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../../src/jobs/open-runtime.ts';
import { openProject } from '../../src/jobs/project.ts';
import { discardRuntime } from '../../src/runtime/process/discard.ts';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';

/** The servers: one in MariaDB's image, one in MySQL's, for which the MariaDB of this machine stands in. */
export const servers = ['db', 'legacy'] as const;
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'shop-api';
/** Connections that the server takes: fewer than the production posture would allow. */
export const mostConnections = 40;
/** The password of the development posture, which is dead afterwards. */
export const formerPassword = "dev'pass word\\";

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: shop
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  db:
    image: mariadb:10.11
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MARIADB_ROOT_PASSWORD: "${formerPassword.replaceAll('\\', '\\\\')}"
      MARIADB_DATABASE: shop_data
      MARIADB_USER: dev
      MARIADB_PASSWORD: devpassword
    volumes:
      - db-data:/var/lib/mysql
      - ./conf:/etc/mysql/conf.d:ro
      - ./seed:/docker-entrypoint-initdb.d:ro
    ports: ["3306:3306"]
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "healthcheck.sh", "--connect"]
  legacy:
    image: mysql:8.4
    command: ["--general-log=ON", "--local-infile=1", "--secure-file-priv="]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MYSQL_ALLOW_EMPTY_PASSWORD: "yes"
      MYSQL_DATABASE: old
    ports: ["3307:3306"]
    depends_on: [vault]
  ${consumer}:
    build:
      context: ./shop
    environment:
      MYSQL_URL: mysql://dev:devpassword@db:3306/shop_data
      LEGACY_URL: mysql://root@legacy:3306/old
    ports: ["8000:8000"]
    depends_on: [db, legacy]
volumes:
  db-data:
`,
  'conf/dev.cnf': `[mysqld]
max_connections = ${mostConnections}
character-set-server = utf8mb4
general_log = ON   # every statement

[mysqldump]
quick
`,
  'seed/10-items.sql': `CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100) NOT NULL);
INSERT INTO items (name) VALUES ('lamp'), ('chair');
CREATE DATABASE shopXdata;
CREATE TABLE shopXdata.secrets (id INT PRIMARY KEY);
CREATE USER ''@'localhost';
CREATE USER ''@'%';
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(180_000), () => undefined);

const ending = { signal: context.signal, progress: context.progress };

/** The hardened stack while it runs, and what was found in either posture. */
export interface Database extends AsyncDisposable {
  readonly stack: Stack;
  readonly runtime: Runtime;
  /** Certificate of the stack's authority, in PEM. */
  readonly authority: string;
  /** What Vault holds, by path. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Live findings about the servers in the development posture, and in the production one. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly identity: (name: string, role: 'client' | 'server') => Promise<Identity>;
  /** Hardens the files again, and the servers; counts what there was to change. */
  readonly again: () => Promise<{ readonly changes: number; readonly statements: number }>;
}

const ofKind = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('mysql/') && source === 'live');

const hardenAt = async (directory: string): Promise<number> => {
  const job = { ...context, result: () => Promise.resolve(), color: false };
  return (await hardenDirectory(await openProject({ directory }, context), job)).changes.length;
};

const readPasswords = async (stack: Stack, runtime: Runtime): Promise<ReadonlyMap<string, string>> => {
  const operator = await openOperatorSession(stack, runtime, context);
  assert.ok(operator);
  try {
    const found = new Map<string, string>();
    for (const path of [...servers, ...servers.map((server) => `${server}/${consumer}`)]) {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      found.set(path, entry?.fields.get('password')?.reveal() ?? assert.fail(`no password at ${path}`));
    }
    return found;
  } finally {
    await operator.close();
  }
};

/** Starts the stack in its development posture, asks it, hardens it, and starts that. Leaves nothing where it fails. */
export const startDatabase = async (): Promise<Database> => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-shop-'));
  const started: { readonly stack: Stack; readonly runtime: Runtime }[] = [];
  const openAt = async (directory: string) => {
    const stack = await openProject({ directory }, context);
    const opened = { stack, runtime: openProcessRuntime(stack, context) };
    started.push(opened);
    return opened;
  };
  const dispose = async (): Promise<void> => {
    for (const { runtime, stack } of started.toReversed()) {
      await runtime.down({ signal: AbortSignal.timeout(60_000), progress: () => undefined });
      await discardRuntime(runtimeDirectoryOf(stack.directory));
    }
    await rm(root, { recursive: true, force: true });
  };
  try {
    await chmod(root, 0o755);
    const directory = join(root, 'stack');
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    // Closed from the beginning, as the journal closes it, so that the data stays in one place over both postures.
    await mkdir(join(directory, '.palisade'), { mode: 0o700 });
    const development = await openAt(directory);
    const statuses = await development.runtime.up(ending);
    assert.deepEqual(
      statuses.filter(({ service }) => service !== consumer).filter(({ state }) => state !== 'running'),
      [],
    );
    const evidence = await collectLiveEvidence(development.stack, context, { runtime: development.runtime });
    const before = ofKind(assessStack(development.stack, context, evidence).findings);
    await development.runtime.down(ending);

    // In place, so that the servers find the data, the accounts and the passwords of the development posture.
    assert.notEqual(await hardenAt(directory), 0);
    const { stack, runtime } = await openAt(directory);
    const { services } = await bringUp(stack, runtime, { recipients: [] }, context);
    const down = services.filter(({ state }) => state !== 'running').map(({ service }) => service);
    assert.deepEqual(down, [consumer]);
    const hardenedEvidence = await collectAsOperator(stack, context, { runtime });
    return {
      stack,
      runtime,
      before,
      after: ofKind(assessStack(stack, context, hardenedEvidence).findings),
      authority: await readFile(join(directory, 'certs', 'ca', 'ca.pem'), 'utf8'),
      passwords: await readPasswords(stack, runtime),
      identity: async (name, role) => ({
        cert: await readFile(join(directory, 'certs', name, role, 'cert.pem'), 'utf8'),
        key: await readFile(join(directory, 'certs', name, role, 'key.pem'), 'utf8'),
      }),
      again: async () => ({
        changes: await hardenAt(directory),
        statements: (await bringUp(stack, runtime, { recipients: [] }, context)).statements,
      }),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
};
