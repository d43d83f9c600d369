import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, it } from 'node:test';
import type { Ended } from '../command-line.ts';
import { copyWorkspace } from '../workspace-copy.ts';
import { describeWithEngine } from './engine/describe.ts';
import { dockerConfiguration, workspace } from './engine/places.ts';
import { type Relay, openRelay } from './engine/relay.ts';

/** Somebody who is not root, and the group that may use the engine. Nobody's numbers on any machine of ours. */
const operator = 61_234;
const group = 61_235;

const name = `palisade-operator-${process.pid}`;

const service = (rest: string): string => `
    image: palisade-stand-in/listener
${rest}`;

const composeFile = `name: ${name}
services:
  store:${service(`    user: "4711:4712"
    networks: [back]
    secrets: [store-key]
    volumes: ["./certs/store/server:/certs:ro"]`)}
  app:${service(`    user: "4713:4713"
    networks: [back]
    depends_on: [store]
    secrets: [app-key]`)}
networks:
  back: {}
secrets:
  store-key: {file: ./secrets/store/key}
  app-key: {file: ./secrets/app/key}
`;

/** Where Debian 12 has Compose 1.29, if this machine does, and no plug-in for Docker beside it. */
const firstPath = '/usr/bin:/bin';
const asked = spawnSync('/usr/bin/docker-compose', ['version', '--short'], { encoding: 'utf8' });
const first =
  (existsSync('/usr/libexec/docker/cli-plugins/docker-compose') ||
    asked.status !== 0 ||
    !asked.stdout.startsWith('1.')) &&
  'not run: Compose 1.29 is not installed, or the plug-in is beside it';

const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

const refused = ({ code, stdout, stderr }: Ended, exit: number, what: RegExp): void => {
  assert.equal(code, exit, stdout + stderr);
  assert.match(stderr, what);
  assert.match(stderr, /^ {2}→ \S/m);
  assert.doesNotMatch(stderr, /internal:|\n\s+at /);
};

await describeWithEngine('an operator of containers', ['listener'], (engine) => {
  let directory: string;
  let relay: Relay;
  /** A copy that everybody may enter: who is not root may not enter the workspace itself where it lies below a closed directory. */
  let copy: string;
  const copied = (path: string): string => {
    const within = relative(workspace, path);
    return within.startsWith('..') ? path : join(copy, within);
  };

  const start = (
    args: readonly string[],
    host = relay.host,
    environment: Readonly<Record<string, string>> = {},
  ): ChildProcess =>
    spawn(copied(process.execPath), [copied(join(import.meta.dirname, '..', '..', 'bin', 'palisade.js')), ...args], {
      cwd: directory,
      uid: operator,
      gid: group,
      env: {
        ...engine.environment,
        HOME: directory,
        DOCKER_HOST: host,
        DOCKER_CONFIG: copied(dockerConfiguration),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
  const palisade = (...args: readonly string[]): Promise<Ended> => ended(start(args));

  const write = (path: string, text: string, mode = 0o644): void => {
    writeFileSync(join(directory, path), text, { mode });
    chownSync(join(directory, path), operator, group);
  };
  const ids = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      (
        await engine.ask([
          'ps',
          '--all',
          '--no-trunc',
          '--filter',
          `label=com.docker.compose.project=${name}`,
          '--format',
          '{{.Label "com.docker.compose.service"}} {{.ID}} {{.State}}',
        ])
      )
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
    );
  const remove = async (): Promise<void> => {
    const containers = Object.values(await ids()).map((each) => each.split(' ')[0] ?? '');
    if (containers.length > 0) await engine.ask(['rm', '--force', ...containers]);
    await engine.docker(['network', 'rm', `${name}_back`]);
  };
  before(async () => {
    copy = copyWorkspace();
    chmodSync(join(copy, '..'), 0o711);
    directory = mkdtempSync(join(tmpdir(), 'palisade-operator-'));
    for (const path of ['secrets', 'secrets/store', 'secrets/app', 'certs', 'certs/store', 'certs/store/server']) {
      mkdirSync(join(directory, path), { mode: path.split('/').length > 1 ? 0o700 : 0o755 });
      chownSync(join(directory, path), operator, group);
    }
    chmodSync(directory, 0o711);
    chownSync(directory, operator, group);
    for (const path of ['secrets/store/key', 'secrets/app/key', 'certs/store/server/key.pem'])
      write(path, 'canary\n', 0o400);
    write('compose.yaml', composeFile);
    relay = await openRelay(engine.host, join(directory, 'engine.sock'), group);
  });
  after(async () => {
    await relay.close();
    await remove();
    rmSync(directory, { recursive: true, force: true });
    rmSync(join(copy, '..'), { recursive: true, force: true });
  });

  const rights = (path: string): readonly number[] => {
    const { uid, gid, mode } = statSync(join(directory, path));
    return [uid, gid, mode & 0o777];
  };
  const inside = (what: string, path: string): Promise<string> =>
    engine.ask(['exec', `${name}-${what}-1`, 'cat', path]);

  it('who is not root gives the secrets to the accounts of the services, and can still look and replace', async () => {
    const up = await palisade('up', '--runtime', 'compose');
    assert.equal(up.code, 0, up.stderr);
    assert.deepEqual(rights('secrets/store/key'), [4711, 4712, 0o400]);
    assert.deepEqual(rights('certs/store/server/key.pem'), [4711, 4712, 0o400]);
    assert.deepEqual(rights('certs/store/server'), [operator, group, 0o755]);
    assert.equal(await inside('store', '/run/secrets/store-key'), 'canary');
    assert.equal(await inside('store', '/certs/key.pem'), 'canary');
    assert.deepEqual(rights('secrets/app/key'), [4713, 4713, 0o400]);

    rmSync(join(directory, 'secrets/store/key'));
    write('secrets/store/key', 'rotated\n', 0o400);
    const restarted = await palisade('restart', 'store');
    assert.equal(restarted.code, 0, restarted.stderr);
    assert.equal(await inside('store', '/run/secrets/store-key'), 'rotated');
  });

  it('gets on where root has given whole directories away before', async () => {
    chownSync(join(directory, 'secrets/store'), 4711, 4712);
    chmodSync(join(directory, 'secrets/store'), 0o700);
    const up = await palisade('up');
    assert.equal(up.code, 0, up.stderr);
    assert.equal(rights('secrets/store')[0], operator);
    assert.deepEqual(rights('secrets/store/key'), [4711, 4712, 0o400]);
  });

  it('touches no running container when one service is asked for', async () => {
    const first = await ids();
    for (const args of [['up', '--only', 'app'], ['up'], ['restart', 'app']]) {
      const { code, stderr } = await palisade(...args);
      assert.equal(code, 0, stderr);
      assert.deepEqual(await ids(), first, args.join(' '));
    }
  });

  it('shows state and log of containers as data', async () => {
    const { services, runtime } = JSON.parse((await palisade('status', '--json')).stdout);
    assert.equal(runtime, 'compose');
    assert.deepEqual(
      services.map((each: { service: string; state: string }) => `${each.service} ${each.state}`),
      ['store running', 'app running'],
    );
    const logs = JSON.parse((await palisade('logs', 'store', '--json')).stdout);
    assert.deepEqual([logs.service, Array.isArray(logs.lines)], ['store', true]);
  });

  it('says so where the engine is gone, and starts nothing', async () => {
    const gone = await openRelay(engine.host, join(directory, 'gone.sock'), group);
    await gone.close();
    refused(await ended(start(['up', '--runtime', 'compose'], gone.host)), 3, /compose\/no-engine/);
  });

  it('says so where the engine goes away in the middle, and goes on afterwards', async () => {
    await palisade('down');
    const dying = await openRelay(engine.host, join(directory, 'dying.sock'), group);
    const child = start(['up', '--runtime', 'compose'], dying.host);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('starting')) void dying.close();
    });
    refused(await ended(child), 3, /compose\/|runtime\//);
    const again = await palisade('up');
    assert.equal(again.code, 0, again.stderr);
  });

  it('says which port is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      await palisade('down');
      write('compose.yaml', composeFile.replace('  app:', `  app:\n    ports: ["127.0.0.1:${address.port}:7777"]`));
      refused(await palisade('up'), 3, new RegExp(`compose/port-taken: .*app.*${address.port}`));
    } finally {
      holder.close();
      write('compose.yaml', composeFile);
    }
  });

  it('says which image is missing, and starts the others', async () => {
    await palisade('down');
    write('compose.yaml', composeFile.replace('  app:', '  imageless:\n    image: localhost:9/no/such:1\n  app:'));
    try {
      refused(await palisade('up'), 3, /compose\/image-missing: .*imageless.*localhost:9\/no\/such:1/);
      assert.deepEqual(Object.keys(await ids()).toSorted(), ['app', 'store']);
    } finally {
      write('compose.yaml', composeFile);
    }
  });

  it('runs a project with docker-compose 1.29 alone, and says what that cannot read', { skip: first }, async () => {
    await palisade('down');
    const empty = join(directory, 'without-plugins');
    mkdirSync(empty, { recursive: true });
    const old = (...args: readonly string[]): Promise<Ended> =>
      ended(start(args, relay.host, { DOCKER_CONFIG: empty, PATH: firstPath }));
    refused(
      await old('up', '--runtime', 'compose'),
      2,
      /compose\/too-old: docker-compose 1\.\S+ cannot read .*'name'.*\n.*Compose 2/,
    );
    // The name stays the same: what is there has it as its label.
    write('compose.yaml', composeFile.replace(`name: ${name}\n`, ''));
    write('.env', `COMPOSE_PROJECT_NAME=${name}\n`);
    try {
      const up = await old('up', '--runtime', 'compose');
      assert.equal(up.code, 0, up.stderr);
      assert.match((await old('status')).stdout, /^store {2}running\napp {4}running\n$/);
      assert.equal((await old('restart', 'app')).code, 0);
      assert.equal((await old('down')).code, 0);
      assert.deepEqual(await ids(), {});
    } finally {
      rmSync(join(directory, '.env'), { force: true });
      write('compose.yaml', composeFile);
    }
  });

  it('Ctrl-C in the middle leaves nothing running', async () => {
    await palisade('down');
    const child = start(['up', '--runtime', 'compose']);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('store: starting')) child.kill('SIGINT');
    });
    assert.equal((await ended(child)).code, 130);
    assert.deepEqual(
      Object.values(await ids()).filter((each) => each.endsWith('running')),
      [],
    );
    assert.deepEqual(
      readdirSync(join(directory, '.palisade', 'compose')).filter((each) => each.endsWith('.lock')),
      [],
    );
    assert.doesNotMatch(readFileSync(join(directory, '.palisade', 'compose', 'compose.json'), 'utf8'), /canary/);
  });
});
