import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, describe } from 'node:test';
import type { Answer, Evidence, EvidenceMap, ListenerEvidence } from '../src/contracts/evidence.ts';
import type { Finding } from '../src/contracts/finding.ts';
import type { Runtime } from '../src/contracts/runtime.ts';
import type { Stack } from '../src/contracts/stack.ts';
import { assessStack } from '../src/jobs/assess.ts';
import { systemContext } from '../src/jobs/context.ts';
import { collectLiveEvidence } from '../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { collectListeners, listenerEvidence } from '../src/runtime/listeners.ts';
import { discardRuntime } from '../src/runtime/process/discard.ts';

import { control as undeclaredListeners } from '../src/controls/network/undeclared-listeners.ts';
import { control as noGatewayBypass } from '../src/services/http-api/controls/no-gateway-bypass.ts';
import { run } from '../src/support/exec.ts';
import { assertProven } from './proofs.ts';

const context = systemContext(AbortSignal.timeout(120_000), () => undefined);

/** What nobody has by default, and somebody somewhere has written. */
const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: weak
services:
  rabbitmq:
    image: rabbitmq:4.1-management-alpine
    environment:
      RABBITMQ_DEFAULT_USER: guest
      RABBITMQ_DEFAULT_PASS: guest
    ports: ["5672:5672", "15672:15672"]
    volumes:
      - messages:/var/lib/rabbitmq
      - ./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro
      - ./tls:/etc/rabbitmq/tls:ro
  mysql:
    image: mysql:8.4
    environment:
      MYSQL_ROOT_PASSWORD: rootpassword
    command: ["--skip-grant-tables", "--skip-networking=OFF"]
    ports: ["3306:3306"]
    volumes: ["data:/var/lib/mysql"]
volumes:
  messages:
  data:
`,
  'rabbitmq.conf': `listeners.tcp.default = 5672
loopback_users = none
management.tcp.port = 15672
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = ANONYMOUS
anonymous_login_user = guest
anonymous_login_pass = guest
log.connection.level = error
vm_memory_high_watermark.relative = 0.95
listeners.ssl.default = 5671
ssl_options.cacertfile = /etc/rabbitmq/tls/cert.pem
ssl_options.certfile = /etc/rabbitmq/tls/cert.pem
ssl_options.keyfile = /etc/rabbitmq/tls/key.pem
ssl_options.versions.1 = tlsv1.2
ssl_options.versions.2 = tlsv1.1
`,
};

const selfSigned =
  'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rabbitmq -addext subjectAltName=DNS:rabbitmq'.split(' ');

/** What a live control about listeners answers to evidence. */
const judge = (
  control: { readonly live?: (typeof undeclaredListeners)['live'] },
  judged: Stack,
  listeners: ReadonlyMap<string, Answer<ListenerEvidence>>,
): readonly string[] => {
  const evidence: Evidence<'listeners'> = {
    of: <Name extends 'listeners'>(): ReadonlyMap<string, Answer<EvidenceMap[Name]>> => listeners,
  };
  return [...(control.live?.assess(judged, evidence) ?? [])].map(({ outcome }) => outcome);
};

describe('servers that somebody has weakened by hand', { timeout: 120_000 }, () => {
  let root = '';
  let stack: Stack;
  let runtime: Runtime | undefined;
  let findings: readonly Finding[];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'palisade-weak-'));
    await chmod(root, 0o755);
    const directory = join(root, 'stack');
    await mkdir(directory);
    for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
    await mkdir(join(directory, '.palisade'), { mode: 0o700 });
    await mkdir(join(directory, 'tls'));
    const [key, certificate] = [join(directory, 'tls', 'key.pem'), join(directory, 'tls', 'cert.pem')];
    const made = await run('openssl', [...selfSigned, '-keyout', key, '-out', certificate], { timeout: 20_000 });
    assert.equal(made.exitCode, 0, made.stderr);
    await chmod(key, 0o644);
    stack = await openProject({ directory }, context);
    runtime = openProcessRuntime(stack, context);
    const services = await runtime.up({ signal: context.signal, progress: context.progress });
    assert.deepEqual(
      services.filter(({ state }) => state !== 'running'),
      [],
    );
    findings = assessStack(stack, context, await collectLiveEvidence(stack, context, { runtime })).findings;
  });
  after(async () => {
    await runtime?.down({ signal: AbortSignal.timeout(60_000), progress: () => undefined });
    await discardRuntime(runtimeDirectoryOf(stack.directory));
    await rm(root, { recursive: true, force: true });
  });

  const failing = (): readonly string[] =>
    findings.filter(({ source, outcome }) => source === 'live' && outcome === 'fail').map(({ control }) => control);

  it('are accused of what they let everybody do, of which their listeners are not a part where the project declares them', async () => {
    const status = (await runtime?.status()) ?? [];
    const declared = await listenerEvidence({ status: () => Promise.resolve(status) });
    const forgotten = await listenerEvidence({
      status: () => Promise.resolve(status.map((each) => ({ ...each, endpoints: [] }))),
    });
    assert.deepEqual(judge(undeclaredListeners, stack, declared), ['pass', 'pass']);
    const undeclared = judge(undeclaredListeners, stack, forgotten);
    assert.ok(undeclared.length >= 4 && undeclared.every((outcome) => outcome === 'fail'), undeclared.join());

    const bundled = await openProject({ directory: join(import.meta.dirname, '..', '..', '..', 'stack') }, context);
    const bypass = async (address: string): Promise<readonly string[]> => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, address, resolve));
      try {
        const bound = server.address();
        const port = typeof bound === 'object' ? bound?.port : undefined;
        const seen = collectListeners(process.pid, new Set());
        // Of this process only the server that stands for the API: the test runner may listen as well.
        const own = seen.known ? seen.value.listeners.filter((each) => each.port === port) : [];
        return judge(
          noGatewayBypass,
          bundled,
          new Map([['reference-api', { known: true, value: { listeners: own } }]]),
        );
      } finally {
        server.close();
      }
    };
    const [beyond, within] = [await bypass('0.0.0.0'), await bypass('127.0.0.1')];
    assertProven(import.meta.filename, {
      failed: [...failing(), undeclaredListeners.id, ...(beyond.join() === 'fail' ? [noGatewayBypass.id] : [])],
      passed: [undeclaredListeners.id, ...(within.join() === 'pass' ? [noGatewayBypass.id] : [])],
    });
  });
});
