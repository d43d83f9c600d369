import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ReachCell } from '../../contracts/evidence.ts';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import { loadStack } from '../../model/index.ts';
import { describeWithEngine } from '../../../test/containers/engine/describe.ts';
import { type ComposeRuntime, createComposeRuntime } from './index.ts';
import { discardProject } from './volumes.ts';

const project = `palisade-runtime-${process.pid}`;

const listener = (rest: string): string => `
    image: palisade-stand-in/listener
    user: "4711:4712"
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    read_only: true
${rest}`;

const composeFile = `name: ${project}
services:
  store:${listener(`    networks: [back]
    secrets: [store-key]
    volumes: [data:/data]
    deploy: {resources: {limits: {memory: 64M, cpus: "0.5", pids: 64}}}
    healthcheck: {test: ["CMD", "grep", "-q", ":1E61 ", "/proc/net/tcp6"], interval: 60s}`)}
  app:${listener(`    networks: [back, front]
    depends_on: {store: {condition: service_healthy}}`)}
  stranger:
    image: palisade-stand-in/listener
    networks: [front]
  apart:${listener('    networks: [alone]')}
networks:
  back: {internal: true}
  front: {}
  alone: {internal: true}
volumes:
  data: {}
secrets:
  store-key: {file: ./secrets/store/key}
`;

const signal = (): AbortSignal => AbortSignal.timeout(120_000);
const quiet = { progress: (): void => undefined };

await describeWithEngine('a stack on a container engine', ['listener'], (engine) => {
  let directory: string;
  let runtime: ComposeRuntime;
  const open = async (kinds: readonly ServiceKind[] = []): Promise<ComposeRuntime> =>
    createComposeRuntime({
      stack: await loadStack({ directory, kinds, environment: {} }),
      kinds,
      stateDirectory: join(directory, '.palisade', 'compose'),
      programDirectories: (process.env['PATH'] ?? '').split(delimiter),
      environment: engine.environment,
    });

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palisade-compose-'));
    mkdirSync(join(directory, 'secrets', 'store'), { recursive: true });
    writeFileSync(join(directory, 'secrets', 'store', 'key'), 'canary\n', { mode: 0o400 });
    writeFileSync(join(directory, 'compose.yaml'), composeFile);
    runtime = await open();
    await runtime.up({ signal: signal(), ...quiet });
  });
  after(async () => {
    await discardProject(runtime.host, signal());
    rmSync(directory, { recursive: true, force: true });
  });

  const stateOf = async (service: string): Promise<string | undefined> =>
    (await runtime.status()).find((each) => each.service === service)?.state;

  test('runs every service, and does not wait an interval for the first health check', async () => {
    assert.deepEqual(
      (await runtime.status()).map(({ service, state }) => `${service} ${state}`),
      ['store running', 'app running', 'stranger running', 'apart running'],
    );
  });

  test('gives a service its secret files, and runs programs as the service’s account', async () => {
    const { uid, gid, mode } = statSync(join(directory, 'secrets', 'store', 'key'));
    assert.deepEqual([uid, gid, mode & 0o777], [4711, 4712, 0o400]);
    const { stdout, exitCode } = await runtime.exec('store', ['cat', '/run/secrets/store-key'], { signal: signal() });
    assert.deepEqual([stdout, exitCode], ['canary\n', 0]);
    const echoed = await runtime.exec('store', ['cat'], { input: 'through standard input', signal: signal() });
    assert.equal(echoed.stdout, 'through standard input');
    assert.equal((await runtime.exec('store', ['sh', '-c', 'exit 7'], { signal: signal() })).exitCode, 7);
  });

  test('tells where an unpublished port of an internal network answers from this machine', async () => {
    const endpoint = runtime.endpoint('store', 7777);
    assert.ok(endpoint);
    const response = await fetch(`http://${endpoint.host}:${endpoint.port}/`, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    assert.ok(response.status > 0);
  });

  test('answers for an endpoint at once, in a process that has looked at nothing yet', async () => {
    assert.deepEqual((await open()).endpoint('store', 7777), runtime.endpoint('store', 7777));
  });

  const reach = async (from: string): Promise<Readonly<Record<string, ReachCell['verdict']>>> => {
    const probe = runtime.probes?.().find(({ evidence }) => evidence === 'reachability');
    const service = runtime.stack.services.get(from);
    assert.ok(probe && service);
    const target = { stack: runtime.stack, service, endpoint: () => undefined };
    const found = await probe.collect(target, signal());
    assert.ok('cells' in found);
    return Object.fromEntries(found.cells.map(({ to, verdict }) => [to, verdict]));
  };

  test('finds out from inside whom each service reaches', async () => {
    assert.deepEqual(await reach('app'), { store: 'declared', stranger: 'undeclared', apart: 'apart' });
    assert.deepEqual(await reach('store'), { app: 'answering', stranger: 'apart', apart: 'apart' });
    assert.deepEqual(await reach('apart'), { store: 'apart', app: 'apart', stranger: 'apart' });
  });

  test('sees a network that somebody connected behind its back', async () => {
    const container = (await runtime.look(signal())).get('apart');
    assert.ok(container);
    await engine.ask(['network', 'connect', `${project}_back`, container.name]);
    try {
      assert.equal((await reach('apart'))['store'], 'undeclared');
    } finally {
      await engine.ask(['network', 'disconnect', `${project}_back`, container.name]);
    }
    assert.equal((await reach('apart'))['store'], 'apart');
  });

  test('sees how the kernel and the engine confine a container, and one that they do not', async () => {
    const probe = runtime.probes?.().find(({ evidence }) => evidence === 'container');
    const confinement = async (name: string): Promise<unknown> => {
      const service = runtime.stack.services.get(name);
      assert.ok(probe && service);
      return probe.collect({ stack: runtime.stack, service, endpoint: () => undefined }, signal());
    };
    assert.partialDeepStrictEqual(await confinement('store'), {
      privileged: false,
      process: {
        known: true,
        value: { uid: 4711, noNewPrivileges: true, seccomp: 2, effective: [], bounding: [], readOnlyRoot: true },
      },
      limits: { memory: 64 * 1024 * 1024, cpus: 0.5, pids: 64 },
      hostNamespaces: [],
      outwardNetworks: [],
    });
    assert.partialDeepStrictEqual(await confinement('stranger'), {
      process: { known: true, value: { uid: 0, noNewPrivileges: false, readOnlyRoot: false } },
      limits: { memory: 0, cpus: 0, pids: 0 },
      outwardNetworks: ['front'],
    });
  });

  test('binds callers to the subnets that they share, and this machine to its own addresses', async () => {
    const callers = await runtime.callersOf?.('store', signal());
    const network = await engine.ask([
      'network',
      'inspect',
      `${project}_back`,
      '--format',
      '{{(index .IPAM.Config 0).Subnet}}',
    ]);
    assert.deepEqual(callers?.services.get('app'), [network]);
    assert.deepEqual(callers?.services.get('stranger'), []);
    assert.ok(callers?.machine.every((block) => /\/(?:32|128|8)$/.test(block)));
  });

  test('says of a killed service that it failed, and starts it again', async () => {
    const container = (await runtime.look(signal())).get('app');
    assert.ok(container);
    await engine.ask(['kill', container.name]);
    assert.notEqual(await stateOf('app'), 'running');
    assert.equal(runtime.endpoint('app', 7777), undefined);
    await assert.rejects(runtime.exec('app', ['true'], { signal: signal() }), /app is not running/);
    await runtime.up({ only: ['app'], signal: signal(), ...quiet });
    assert.equal(await stateOf('app'), 'running');
  });

  test('restarts a service, and finds a secret file that was replaced meanwhile', async () => {
    rmSync(join(directory, 'secrets', 'store', 'key'));
    writeFileSync(join(directory, 'secrets', 'store', 'key'), 'rotated\n', { mode: 0o400 });
    await runtime.restart('store', signal());
    assert.equal(
      (await runtime.exec('store', ['cat', '/run/secrets/store-key'], { signal: signal() })).stdout,
      'rotated\n',
    );
  });

  test('refuses a reload where the kind knows none', async () => {
    await assert.rejects(runtime.reload('store'), /cannot reread its configuration/);
  });

  test('fails a service that cannot start, with what it said, and starts the others', async () => {
    const broken = composeFile.replace(
      '  apart:',
      '  broken:\n    image: palisade-stand-in/listener\n    entrypoint: ["sh", "-c", "echo out of luck; exit 3"]\n  apart:',
    );
    writeFileSync(join(directory, 'compose.yaml'), broken);
    try {
      const other = await open();
      await assert.rejects(
        other.up({ signal: signal(), ...quiet }),
        /broken did not start: it ended with exit code 3.*out of luck/s,
      );
      const states = (await other.status()).map(({ service, state }) => `${service} ${state}`);
      assert.ok(states.includes('broken failed') && states.includes('apart running'), states.join(', '));
    } finally {
      writeFileSync(join(directory, 'compose.yaml'), composeFile);
    }
  });

  test('says which service cannot be made, and starts the others', async () => {
    writeFileSync(
      join(directory, 'compose.yaml'),
      composeFile.replace('  apart:', '  imageless:\n    image: localhost:9/no/such-image\n  apart:'),
    );
    try {
      const other = await open();
      await other.down({ signal: signal(), ...quiet });
      await assert.rejects(other.up({ signal: signal(), ...quiet }), /making imageless failed/);
      const states = (await other.status()).map(({ service, state }) => `${service} ${state}`);
      assert.ok(states.includes('apart running') && states.includes('imageless stopped'), states.join(', '));
    } finally {
      writeFileSync(join(directory, 'compose.yaml'), composeFile);
    }
  });

  test('refuses to take over containers of the same project in another directory', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'palisade-compose-'));
    try {
      writeFileSync(
        join(elsewhere, 'compose.yaml'),
        `name: ${project}\nservices:\n  app:\n    image: palisade-stand-in/listener\n`,
      );
      const here = directory;
      directory = elsewhere;
      const other = await open();
      directory = here;
      await assert.rejects(other.up({ signal: signal(), ...quiet }), /run already, from/);
      await other.down({ signal: signal(), ...quiet });
      assert.equal(await stateOf('app'), 'running');
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test('stops all, keeps data and networks, and comes up again', async () => {
    const volumes = await engine.ask(['volume', 'ls', '--quiet', '--filter', `name=${project}_data`]);
    await runtime.down({ signal: signal(), ...quiet });
    assert.deepEqual([...new Set((await runtime.status()).map(({ state }) => state))], ['stopped']);
    assert.equal(await engine.ask(['volume', 'ls', '--quiet', '--filter', `name=${project}_data`]), volumes);
    await runtime.up({ only: ['store'], signal: signal(), ...quiet });
    assert.equal(await stateOf('store'), 'running');
  });

  test('moves a service’s volume aside, content and all', async () => {
    await engine.ask([
      'run',
      '--rm',
      '--user',
      '0',
      '--entrypoint',
      'sh',
      '--volume',
      `${project}_data:/data`,
      'palisade-stand-in/listener',
      '-c',
      'echo kept > /data/file',
    ]);
    const aside = await runtime.setAside('store');
    try {
      assert.equal(
        await engine.ask([
          'run',
          '--rm',
          '--entrypoint',
          'cat',
          '--volume',
          `${aside}:/data`,
          'palisade-stand-in/listener',
          '/data/file',
        ]),
        'kept',
      );
      assert.equal(await stateOf('store'), 'stopped');
    } finally {
      await engine.ask(['volume', 'rm', aside]);
    }
  });
});
