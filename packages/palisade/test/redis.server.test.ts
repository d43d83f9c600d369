import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import type { Finding } from '../src/contracts/finding.ts';
import type { Runtime } from '../src/contracts/runtime.ts';
import type { Stack } from '../src/contracts/stack.ts';
import { prepareTarget } from '../src/engine/index.ts';
import { assessStack } from '../src/jobs/assess.ts';
import { systemContext } from '../src/jobs/context.ts';
import { hardenDirectory } from '../src/jobs/harden.ts';
import { bringUp } from '../src/jobs/hardened/bring-up.ts';
import { openOperatorSession } from '../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { discardRuntime } from '../src/runtime/process/discard.ts';
import { createAuthority, type Authority, type Identity } from '../src/services/postgres/testing/authority.ts';
import { type Ask, converse, type Reply } from '../src/services/redis/wire.ts';
import { messageOf } from '../src/support/errors.ts';
import { retry } from '../src/support/retry.ts';

const nodes = ['redis-1', 'redis-2', 'redis-3'] as const;
/** A program of the user's own: it has no server here, but an account and a certificate. */
const consumer = 'sessions-api';
const mostClients = 60;

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

const context = systemContext(AbortSignal.timeout(120_000), () => undefined);
const ending = { signal: context.signal, progress: context.progress };

let root: string;
let development: Stack;
let hardened: Stack;
let runtime: Runtime | undefined;
let authority: string;
let developmentFindings: readonly Finding[];
let hardenedFindings: readonly Finding[];
const passwords = new Map<string, string>();
const identities = new Map<string, Identity>();

const ofRedis = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('redis/') && source === 'live');

const running = (): Runtime => runtime ?? assert.fail('nothing runs');

const endpointOf = (node: string, port = 6379) => running().endpoint(node, port) ?? assert.fail(`no port of ${node}`);

const identityAt = async (name: string, role: 'client' | 'server'): Promise<Identity> => ({
  cert: await readFile(join(hardened.directory, 'certs', name, role, 'cert.pem'), 'utf8'),
  key: await readFile(join(hardened.directory, 'certs', name, role, 'key.pem'), 'utf8'),
});

const tlsOf = (identity = identities.get(consumer), servername: string = nodes[0]): ConnectionOptions => ({
  ca: authority,
  servername,
  ...identity,
});

const textOf = (reply: Reply): string =>
  reply.type === 'array' ? reply.items.map(textOf).join(' ') : 'text' in reply ? reply.text : '';

const passwordOf = (path: string): string => passwords.get(path) ?? assert.fail(`no password at ${path}`);

const secretOfConsumer = `redis-1/${consumer}`;

/** Logs in to a node, and asks. */
const as = <T>(user: string, password: string, use: (ask: Ask) => Promise<T>, node: string = nodes[0]): Promise<T> =>
  converse({ endpoint: endpointOf(node), tls: tlsOf(undefined, node) }, context.signal, async (ask) => {
    assert.equal(textOf(await ask('AUTH', user, password)), 'OK');
    return use(ask);
  });

const asConsumer = <T>(use: (ask: Ask) => Promise<T>, node?: string): Promise<T> =>
  as(consumer, passwordOf(secretOfConsumer), use, node);

/** As a client of a cluster: goes where it is sent, and verifies the name that it is sent to. */
const inCluster = async (...words: readonly string[]): Promise<string> => {
  const reply = await asConsumer(async (ask) => textOf(await ask(...words)));
  const [, host, port] = /^MOVED \d+ (\S+):(\d+)$/.exec(reply) ?? [];
  if (host === undefined) return reply;
  const endpoint = { host, port: Number(port) };
  return converse({ endpoint, tls: tlsOf(undefined, host) }, context.signal, async (ask) => {
    await ask('AUTH', consumer, passwordOf(secretOfConsumer));
    return textOf(await ask(...words));
  });
};

/** What becomes of an attempt to be answered. */
const attempt = async (tls: ConnectionOptions | undefined, port?: number): Promise<string> => {
  try {
    const channel = { endpoint: endpointOf(nodes[0], port), ...(tls === undefined ? {} : { tls }) };
    return await converse(channel, context.signal, async (ask) => `answered ${textOf(await ask('PING'))}`);
  } catch (thrown) {
    return messageOf(thrown);
  }
};

const administer = async (node: string, ...commands: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await running().exec(node, ['redis-cli'], {
    input: `${commands.join('\n')}\n`,
    signal: context.signal,
  });
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stdout, /^(?:ERR|NOAUTH|NOPERM|WRONGPASS)/m);
  return stdout.trim();
};

const clusterServes = (): Promise<void> =>
  retry(
    async () => {
      for (const node of nodes)
        assert.match(
          await administer(node, 'CLUSTER INFO'),
          /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/,
        );
    },
    { within: 10_000 },
  );

const turnedAway = /alert|ECONNRESET|EPIPE|hung up|disconnected/i;

describe('a cluster of Redis from the development posture to the production one', { timeout: 120_000 }, () => {
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'palisade-cached-'));
    await chmod(root, 0o755);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, 'stack', path)), { recursive: true });
      await writeFile(join(root, 'stack', path), text);
    }
    development = await openProject({ directory: join(root, 'stack') }, context);
    runtime = openProcessRuntime(development, context);
    const started = await runtime.up({ ...ending, only: ['vault', ...nodes] });
    assert.deepEqual(
      started.filter(({ service, state }) => service !== consumer && state !== 'running'),
      [],
    );
    developmentFindings = assessStack(
      development,
      context,
      await collectLiveEvidence(development, context, { runtime }),
    ).findings;
    await runtime.down(ending);

    const target = join(root, 'hardened');
    await prepareTarget({ source: development.directory, target });
    const job = { ...context, result: () => Promise.resolve(), color: false };
    await hardenDirectory(await openProject({ directory: target }, context), job);
    hardened = await openProject({ directory: target }, context);
    runtime = openProcessRuntime(hardened, context);
    const { services } = await bringUp(hardened, runtime, { recipients: [] }, context);
    assert.deepEqual(
      services.filter(({ service, state }) => service !== consumer && state !== 'running'),
      [],
    );
    hardenedFindings = assessStack(hardened, context, await collectAsOperator(hardened, context, { runtime })).findings;
    authority = await readFile(join(target, 'certs', 'ca', 'ca.pem'), 'utf8');
    identities.set(consumer, await identityAt(consumer, 'client'));
    const operator = await openOperatorSession(hardened, runtime, context);
    assert.ok(operator);
    try {
      for (const path of [...nodes, secretOfConsumer]) {
        const entry = await operator.client.kv2().read(path, { signal: context.signal });
        for (const field of ['password', 'replication']) {
          const value = entry?.fields.get(field)?.reveal();
          if (value !== undefined) passwords.set(field === 'password' ? path : `${path}#${field}`, value);
        }
      }
    } finally {
      await operator.close();
    }
  });

  after(async () => {
    await runtime?.down({ signal: AbortSignal.timeout(60_000), progress: () => undefined });
    for (const stack of [hardened, development]) await discardRuntime(runtimeDirectoryOf(stack.directory));
    await rm(root, { recursive: true, force: true });
  });

  it('fails every live control in the development posture, and passes all in the production one, on each node', () => {
    const controls = [...new Set(ofRedis(hardenedFindings).map(({ control }) => control))];
    assert.equal(controls.length, 7);
    for (const control of controls)
      for (const node of nodes) {
        const about = (findings: readonly Finding[]): readonly Finding[] =>
          ofRedis(findings).filter(
            (finding) =>
              finding.control === control &&
              JSON.stringify(finding.resource) === JSON.stringify({ type: 'service', name: node }),
          );
        const [earlier, now] = [about(developmentFindings), about(hardenedFindings)];
        assert.ok(
          earlier.some(({ outcome }) => outcome === 'fail'),
          `${control} of ${node}: ${JSON.stringify(earlier)}`,
        );
        assert.deepEqual(
          [...new Set(now.map(({ outcome }) => outcome))],
          ['pass'],
          `${control}: ${JSON.stringify(now)}`,
        );
      }
  });

  it('covers all slots over TLS', clusterServes);

  it('lets a consumer write and read its keys on every node', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `session:${index}`);
    for (const key of keys) assert.equal(await inCluster('SET', key, `of ${key}`), 'OK');
    for (const key of keys) assert.equal(await inCluster('GET', key), `of ${key}`);
    for (const node of nodes) assert.notEqual(await administer(node, 'DBSIZE'), '0', node);
  });

  it('lets a consumer do no more than it needs, also from a script', async () => {
    const forbidden = [
      ['CONFIG', 'GET', 'dir'],
      ['DEBUG', 'HELP'],
      ['ACL', 'LIST'],
      ['ACL', 'SETUSER', consumer, '+@all'],
      ['MODULE', 'LIST'],
      ['FLUSHALL'],
      ['KEYS', '*'],
      ['SHUTDOWN', 'NOSAVE'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['CLUSTER', 'RESET'],
      ['MONITOR'],
      ['EVAL', "return redis.call('FLUSHALL')", '0'],
    ];
    for (const node of nodes)
      await asConsumer(async (ask) => {
        for (const words of forbidden) {
          const reply = await ask(...words);
          assert.equal(reply.type, 'error', words.join(' '));
          assert.match(textOf(reply), /NOPERM|can't run this command|DEBUG command not allowed/i);
        }
      }, node);
  });

  it('lets another node replicate, and do nothing else', async () => {
    await as('redis-2', passwordOf('redis-2#replication'), async (ask) => {
      assert.equal(textOf(await ask('PING')), 'PONG');
      for (const words of [
        ['GET', 'session:1'],
        ['ACL', 'LIST'],
        ['CLUSTER', 'NODES'],
      ])
        assert.match(textOf(await ask(...words)), /^NOPERM/);
    });
  });

  it('knows nobody without an account', async () => {
    const tls = tlsOf();
    assert.match(await attempt(tls), /^answered NOAUTH/);
    await converse({ endpoint: endpointOf(nodes[0]), tls }, context.signal, async (ask) => {
      for (const words of [['anything'], [''], ['default', ''], [consumer, 'canary-wrong'], ['administrator', 'redis']])
        assert.match(textOf(await ask('AUTH', ...words)), /^WRONGPASS/, words.join(' '));
      assert.match(textOf(await ask('CONFIG', 'GET', 'dir')), /^NOAUTH/);
    });
  });

  describe('refuses', () => {
    let stranger: Authority;
    before(async () => {
      stranger = await createAuthority('somebody else');
    });
    const cases: readonly (readonly [string, () => Promise<string>])[] = [
      ['plaintext', () => attempt(undefined)],
      ['plaintext on the bus', () => attempt(undefined, 16_379)],
      ['no client certificate', () => attempt({ ca: authority, servername: nodes[0] })],
      ['no client certificate on the bus', () => attempt({ ca: authority, servername: nodes[0] }, 16_379)],
      ['another authority', async () => attempt(tlsOf(await stranger.issue({ commonName: consumer })))],
      ['the certificate of a server', async () => attempt(tlsOf(await identityAt('redis-2', 'server')))],
    ];
    for (const [name, how] of cases) it(name, async () => assert.match(await how(), turnedAway));
  });

  it('has nothing to change a second time', async () => {
    const again = await bringUp(hardened, running(), { recipients: [] }, context);
    assert.equal(again.statements, 0);
  });
});
