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

/** A program that is alone in the default vhost, and one that names a vhost. Neither has a server here, but both have accounts. */
export const consumer = 'orders-api';
export const other = 'billing-api';

const consumerText = (name: string, port: number, url: string): string => `  ${name}:
    build:
      context: ./${name}
    environment:
      RABBITMQ_URL: ${url}
    ports: ["${port}:${port}"]
    depends_on: [rabbitmq]
`;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: messaging
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  rabbitmq:
    image: rabbitmq:4.1-management-alpine
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      RABBITMQ_DEFAULT_USER: guest
      RABBITMQ_DEFAULT_PASS: guest
    ports: ["5672:5672", "15672:15672"]
    volumes:
      - messages:/var/lib/rabbitmq
      - ./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "rabbitmq-diagnostics", "-q", "ping"]
${consumerText(consumer, 8000, 'amqp://guest:guest@rabbitmq:5672/')}${consumerText(other, 8001, 'amqp://guest:guest@rabbitmq:5672/billing')}volumes:
  messages:
`,
  'rabbitmq.conf': `listeners.tcp.default = 5672
loopback_users = none
management.tcp.port = 15672
heartbeat = 30
log.console.level = debug
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(300_000), () => undefined);

const ending = { signal: context.signal, progress: context.progress };

/** The hardened stack while it runs, and what was found in either posture. */
export interface Messaging extends AsyncDisposable {
  readonly stack: Stack;
  readonly runtime: Runtime;
  /** Certificate of the stack's authority, in PEM. */
  readonly authority: string;
  /** What Vault holds: passwords by path, and the cookie under `cookie`. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Live findings about RabbitMQ in the development posture, and in the production one. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly identity: (name: string, role: 'client' | 'server') => Promise<Identity>;
  /** Hardens the files again, and the server; counts what there was to change. */
  readonly again: () => Promise<{ readonly changes: number; readonly statements: number }>;
}

const ofRabbit = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('rabbitmq/') && source === 'live');

const hardenAt = async (directory: string): Promise<number> => {
  const job = { ...context, result: () => Promise.resolve(), color: false };
  return (await hardenDirectory(await openProject({ directory }, context), job)).changes.length;
};

const readPasswords = async (stack: Stack, runtime: Runtime): Promise<ReadonlyMap<string, string>> => {
  const operator = await openOperatorSession(stack, runtime, context);
  assert.ok(operator);
  const found = new Map<string, string>();
  try {
    for (const path of ['rabbitmq', `rabbitmq/${consumer}`, `rabbitmq/${other}`]) {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      const [password, cookie] = ['password', 'cookie'].map((field) => entry?.fields.get(field)?.reveal());
      if (password !== undefined) found.set(path, password);
      if (cookie !== undefined) found.set('cookie', cookie);
    }
    return found;
  } finally {
    await operator.close();
  }
};

/** Starts the stack in its development posture, asks it, hardens it, and starts that. Leaves nothing where it fails. */
export const startMessaging = async (inDevelopment: (runtime: Runtime) => Promise<void>): Promise<Messaging> => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-messaging-'));
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
    const before = ofRabbit(assessStack(development.stack, context, evidence).findings);
    await inDevelopment(development.runtime);

    await prepareTarget({ source, target });
    assert.notEqual(await hardenAt(target), 0);
    const { stack, runtime } = await openAt(target);
    const predecessor = await takeOver(stack, context);
    try {
      const { services } = await bringUp(stack, runtime, { recipients: [], ...predecessor.options }, context);
      const down = services.filter(({ state }) => state !== 'running').map(({ service }) => service);
      assert.deepEqual(down.toSorted(), [other, consumer]);
    } finally {
      await predecessor.close();
      await development.runtime.down(ending);
    }
    const hardenedEvidence = await collectAsOperator(stack, context, { runtime });
    return {
      stack,
      runtime,
      before,
      after: ofRabbit(assessStack(stack, context, hardenedEvidence).findings),
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
