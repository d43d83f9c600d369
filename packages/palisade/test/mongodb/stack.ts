import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Runtime } from '../../src/contracts/runtime.ts';
import type { Stack } from '../../src/contracts/stack.ts';
import { prepareTarget } from '../../src/engine/index.ts';
import { assessStack } from '../../src/jobs/assess.ts';
import { systemContext } from '../../src/jobs/context.ts';
import { hardenDirectory } from '../../src/jobs/harden.ts';
import { bringUp } from '../../src/jobs/hardened/bring-up.ts';
import { takeOver } from '../../src/jobs/hardened/take-over.ts';
import { openOperatorSession } from '../../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../../src/jobs/open-runtime.ts';
import { openProject } from '../../src/jobs/project.ts';
import { discardRuntime } from '../../src/runtime/process/discard.ts';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';

/** The server. */
export const server = 'mongodb';
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'notes-api';
/** The database of the consumer. */
export const database = 'notes';
/** The administrator of the development posture, whose password is everybody's. */
export const former = { username: 'root', password: 'example', database: 'admin' } as const;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: noted
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  ${server}:
    image: mongo:8.0
    command: ["mongod", "--config", "/etc/mongo/mongod.conf"]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MONGO_INITDB_ROOT_USERNAME: ${former.username}
      MONGO_INITDB_ROOT_PASSWORD: ${former.password}
    ports: ["27017:27017"]
    volumes:
      - notes:/data/db
      - ./mongod.conf:/etc/mongo/mongod.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "mongosh", "--quiet", "--eval", "db.runCommand('ping').ok"]
  ${consumer}:
    build:
      context: ./notes
    environment:
      MONGODB_URL: mongodb://${former.username}:${former.password}@${server}:27017/${database}?authSource=admin
    ports: ["8000:8000"]
    depends_on: [${server}]
volumes:
  notes:
`,
  'mongod.conf': `# The user's own.
net:
  bindIp: 0.0.0.0
  tls:
    mode: disabled
storage:
  dbPath: /data/db
  directoryPerDB: true
systemLog:
  verbosity: 1
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(120_000), () => undefined);

const ending = { signal: context.signal, progress: context.progress };

/** The hardened stack while it runs, and what was found in either posture. */
export interface Noted extends AsyncDisposable {
  readonly stack: Stack;
  readonly runtime: Runtime;
  /** Certificate of the stack's authority, in PEM. */
  readonly authority: string;
  /** Passwords that Vault holds, by path. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Live findings about MongoDB in the development posture, and in the production one. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly identity: (name: string, role: 'client' | 'server') => Promise<Identity>;
  /** Hardens the files again, and the server; counts what there was to change. */
  readonly again: () => Promise<{ readonly changes: number; readonly statements: number }>;
}

const ofMongodb = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('mongodb/') && source === 'live');

const hardenAt = async (directory: string): Promise<number> => {
  const job = { ...context, result: () => Promise.resolve(), color: false };
  return (await hardenDirectory(await openProject({ directory }, context), job)).changes.length;
};

const readPasswords = async (stack: Stack, runtime: Runtime): Promise<ReadonlyMap<string, string>> => {
  const operator = await openOperatorSession(stack, runtime, context);
  assert.ok(operator);
  const found = new Map<string, string>();
  try {
    for (const path of [server, `${server}/${consumer}`]) {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      const value = entry?.fields.get('password')?.reveal();
      if (value !== undefined) found.set(path, value);
    }
    return found;
  } finally {
    await operator.close();
  }
};

/** Starts the stack in its development posture, asks it, hardens it, and starts that. Leaves nothing where it fails. */
export const startNoted = async (inDevelopment: (runtime: Runtime) => Promise<void>): Promise<Noted> => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-noted-'));
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
    const [source, target] = [join(root, 'stack'), join(root, 'hardened')];
    await mkdir(source);
    for (const [path, text] of Object.entries(files)) await writeFile(join(source, path), text);
    const development = await openAt(source);
    await development.runtime.up(ending);
    await inDevelopment(development.runtime);
    const evidence = await collectLiveEvidence(development.stack, context, { runtime: development.runtime });
    const before = ofMongodb(assessStack(development.stack, context, evidence).findings);

    await prepareTarget({ source, target });
    assert.notEqual(await hardenAt(target), 0);
    const { stack, runtime } = await openAt(target);
    // Stops the development posture, and moves its data to the copy.
    const predecessor = await takeOver(stack, context);
    const { services } = await bringUp(stack, runtime, { recipients: [], ...predecessor.options }, context);
    await predecessor.close();
    const down = services.filter(({ state }) => state !== 'running').map(({ service }) => service);
    assert.deepEqual(down, [consumer]);
    const hardenedEvidence = await collectAsOperator(stack, context, { runtime });
    return {
      stack,
      runtime,
      before,
      after: ofMongodb(assessStack(stack, context, hardenedEvidence).findings),
      authority: await readFile(join(target, 'certs', 'ca', 'ca.pem'), 'utf8'),
      passwords: await readPasswords(stack, runtime),
      identity: async (name, role) => ({
        cert: await readFile(join(target, 'certs', name, role, 'cert.pem'), 'utf8'),
        key: await readFile(join(target, 'certs', name, role, 'key.pem'), 'utf8'),
      }),
      again: async () => ({
        changes: await hardenAt(target),
        statements: (await bringUp(stack, runtime, { recipients: [] }, context)).statements,
      }),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
};
