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
import { openOperatorSession } from '../../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../../src/jobs/open-runtime.ts';
import { openProject } from '../../src/jobs/project.ts';
import { discardRuntime } from '../../src/runtime/process/discard.ts';
import type { Identity } from '../../src/services/postgres/testing/authority.ts';

/** The nodes of the cluster, by name. */
export const nodes = ['redis-1', 'redis-2', 'redis-3'] as const;
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'sessions-api';
/** Clients that a node takes: fewer than the production posture would allow. */
export const mostClients = 60;

const nodeText = (name: string): string => `  ${name}:
    image: redis:7.4-alpine
    command: ["redis-server", "/usr/local/etc/redis/redis.conf"]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
    volumes:
      - ${name}-data:/data
      - ./redis.conf:/usr/local/etc/redis/redis.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "redis-cli", "ping"]
`;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: cached
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
${nodes.map(nodeText).join('')}  ${consumer}:
    build:
      context: ./sessions
    environment:
      REDIS_URL: redis://redis-1:6379
    ports: ["8000:8000"]
    depends_on: [redis-1]
volumes:
${nodes.map((name) => `  ${name}-data:\n`).join('')}`,
  'redis.conf': `bind 0.0.0.0
protected-mode no
port 6379
cluster-enabled yes
dir /data
appendonly yes
maxclients ${mostClients}
enable-debug-command yes
loglevel debug
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(120_000), () => undefined);

const ending = { signal: context.signal, progress: context.progress };

/** The hardened cluster while it runs, and what was found in either posture. */
export interface Cluster extends AsyncDisposable {
  readonly stack: Stack;
  readonly runtime: Runtime;
  /** Certificate of the stack's authority, in PEM. */
  readonly authority: string;
  /** What Vault holds: by path, and by path and field where the field is not the password. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Live findings about Redis in the development posture, and in the production one. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly identity: (name: string, role: 'client' | 'server') => Promise<Identity>;
  /** Hardens the files again, and the servers; counts what there was to change. */
  readonly again: () => Promise<{ readonly changes: number; readonly statements: number }>;
}

const ofRedis = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('redis/') && source === 'live');

const hardenAt = async (directory: string): Promise<number> => {
  const job = { ...context, result: () => Promise.resolve(), color: false };
  return (await hardenDirectory(await openProject({ directory }, context), job)).changes.length;
};

const readPasswords = async (stack: Stack, runtime: Runtime): Promise<ReadonlyMap<string, string>> => {
  const operator = await openOperatorSession(stack, runtime, context);
  assert.ok(operator);
  const found = new Map<string, string>();
  try {
    for (const path of [...nodes, `redis-1/${consumer}`]) {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      for (const field of ['password', 'replication']) {
        const value = entry?.fields.get(field)?.reveal();
        if (value !== undefined) found.set(field === 'password' ? path : `${path}#${field}`, value);
      }
    }
    return found;
  } finally {
    await operator.close();
  }
};

/** Starts the stack in its development posture, asks it, hardens it, and starts that. Leaves nothing where it fails. */
export const startCluster = async (): Promise<Cluster> => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-cached-'));
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
    const evidence = await collectLiveEvidence(development.stack, context, { runtime: development.runtime });
    const before = ofRedis(assessStack(development.stack, context, evidence).findings);
    await development.runtime.down(ending);

    await prepareTarget({ source, target });
    assert.notEqual(await hardenAt(target), 0);
    const { stack, runtime } = await openAt(target);
    const { services } = await bringUp(stack, runtime, { recipients: [] }, context);
    const down = services.filter(({ state }) => state !== 'running').map(({ service }) => service);
    assert.deepEqual(down, [consumer]);
    const hardenedEvidence = await collectAsOperator(stack, context, { runtime });
    return {
      stack,
      runtime,
      before,
      after: ofRedis(assessStack(stack, context, hardenedEvidence).findings),
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
