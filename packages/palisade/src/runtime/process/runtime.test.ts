import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Runtime } from '../../contracts/runtime.ts';
import { PalisadeError } from '../../support/errors.ts';
import { listenerEvidence } from '../listeners.ts';
import { type ProcessRuntimeOptions, createProcessRuntime } from './index.ts';
import { identify } from './processes.ts';
import { type ServiceSketch, askFake, fakeKind, nodeDirectory, sketchStack, temporaryProject } from './testing.ts';

// What the tests write is readable to others unless they say otherwise, whatever umask they are run with.
process.umask(0o022);

const root = process.getuid?.() === 0;
const at = { file: 'compose.yaml', line: 1, column: 1 };
const never = new AbortController().signal;
const quiet = (): void => undefined;
const bounds = { start: 10_000, stop: 3000 };

type Project = ReturnType<typeof temporaryProject>;

const runtimeOf = (
  project: Project,
  services: Readonly<Record<string, ServiceSketch>>,
  options: Partial<ProcessRuntimeOptions> = {},
): Runtime =>
  createProcessRuntime({
    stack: sketchStack(project.directory, services),
    kinds: [fakeKind(project.script)],
    stateDirectory: project.state,
    programDirectories: [nodeDirectory, '/usr/bin', '/bin'],
    sharedDirectory: join(project.directory, 'shared'),
    bounds,
    ...options,
  });

/** A project whose services are ended and whose files are removed after the test, whatever it did. */
const projectFor = (context: TestContext): Project => {
  const project = temporaryProject();
  context.after(async () => {
    const file = join(project.state, 'process.json');
    const recorded = existsSync(file) ? Object.keys(JSON.parse(readFileSync(file, 'utf8')).processes) : [];
    const names = Object.fromEntries(recorded.map((name) => [name, {}]));
    await runtimeOf(project, names).down({ signal: never, progress: quiet });
    await project.dispose();
  });
  return project;
};

const up = (runtime: Runtime, signal: AbortSignal = never, progress: (line: string) => void = quiet) =>
  runtime.up({ signal, progress });

const portOf = (runtime: Runtime, service: string): number => {
  const endpoint = runtime.endpoint(service, 8080);
  assert.ok(endpoint !== undefined, `${service} has no endpoint`);
  return endpoint.port;
};

const ask = (runtime: Runtime, service: string) => askFake(portOf(runtime, service));

/** Whether nothing runs any more that wrote to a log of the project. */
const processesIn = (project: Project): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && identify(Number(name)) !== undefined)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(project.script);
      } catch {
        return false;
      }
    })
    .map(Number);

const moduleText = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Runs `up` in a process of its own, as the command line does. */
const supervisor = (project: Project, services: Readonly<Record<string, ServiceSketch>>): ChildProcess => {
  const code = `
    import { createProcessRuntime } from ${moduleText('./index.ts')};
    import { fakeKind, sketchStack } from ${moduleText('./testing.ts')};
    const project = ${JSON.stringify({ ...project })};
    const runtime = createProcessRuntime({
      stack: sketchStack(project.directory, ${JSON.stringify(services)}), kinds: [fakeKind(project.script)],
      stateDirectory: project.state, programDirectories: [${JSON.stringify(nodeDirectory)}], bounds: ${JSON.stringify(bounds)},
    });
    const control = new AbortController();
    process.on('SIGINT', () => control.abort(new Error('interrupted')));
    await runtime.up({ signal: control.signal, progress: (line) => console.log(line) })
      .catch((error) => { console.log(error.message); process.exitCode = 3; });
  `;
  return spawn(process.execPath, ['--conditions=palisade-source', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

const untilLine = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
    child.once('exit', () => reject(new Error(`ended before ${String(pattern)}: ${text}`)));
  });

test('starts a service when what it depends on is ready, and says where each answers', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, {
    api: { after: ['db'], variables: { DB_URL: 'http://db:8080/', DB_HOST: 'db', DB_PORT: '8080' } },
    db: { variables: { FAKE_DELAY: '300' } },
  });
  const status = await up(runtime);
  assert.deepEqual(
    status.map(({ service, state }) => [service, state]),
    [
      ['api', 'running'],
      ['db', 'running'],
    ],
  );
  const [api, db] = [await ask(runtime, 'api'), await ask(runtime, 'db')];
  assert.ok(api.startedAt >= db.readyAt, `${api.startedAt} < ${db.readyAt}`);
  assert.equal(api.environment['DB_URL'], `http://localhost:${portOf(runtime, 'db')}/`);
  assert.equal(api.environment['DB_PORT'], String(portOf(runtime, 'db')));
  await runtime.down({ signal: never, progress: quiet });
  assert.deepEqual(processesIn(project), []);
  assert.equal(runtime.endpoint('db', 8080), undefined);
});

test("gives a service its kind's environment and nothing of the caller's", async (context) => {
  const project = projectFor(context);
  process.env['PALISADE_TEST_LEAK'] = 'leaked';
  context.after(() => delete process.env['PALISADE_TEST_LEAK']);
  const runtime = runtimeOf(project, { web: { variables: { COLOUR: 'blue' } } });
  await up(runtime);
  const { NODE_V8_COVERAGE: _, ...environment } = (await ask(runtime, 'web')).environment;
  assert.deepEqual(environment, { COLOUR: 'blue', FAKE_PORT: String(portOf(runtime, 'web')) });
});

test('starts again only what does not run', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { one: {}, two: {} });
  await up(runtime);
  const before = [await ask(runtime, 'one'), await ask(runtime, 'two')];
  process.kill(before[0]?.pid ?? 0, 'SIGKILL');
  for (let tries = 0; tries < 100 && (await runtime.status())[0]?.state !== 'failed'; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const [dead] = await runtime.status();
  assert.match(dead?.detail ?? '', /ended by itself/);
  await up(runtime);
  const after = [await ask(runtime, 'one'), await ask(runtime, 'two')];
  assert.notEqual(after[0]?.pid, before[0]?.pid);
  assert.equal(after[1]?.pid, before[1]?.pid);
});

test('shows what a service logged last when it does not start, without its secrets, and holds back what needs it', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, {
    api: { after: ['db'] },
    db: { variables: { FAKE_FAIL: 'cannot log in with hunter22', DB_PASSWORD: 'hunter22' } },
    other: {},
  });
  await assert.rejects(up(runtime), (thrown) => {
    assert.ok(thrown instanceof PalisadeError);
    assert.equal(thrown.code, 'runtime/start-failed');
    assert.match(thrown.message, /db did not start: it ended with exit code 3/);
    assert.match(thrown.message, /fatal: cannot log in with ‹redacted›/);
    assert.match(thrown.next, /db\.log/);
    return true;
  });
  assert.deepEqual(
    (await runtime.status()).map(({ service, state }) => [service, state]),
    [
      ['api', 'stopped'],
      ['db', 'failed'],
      ['other', 'running'],
    ],
  );
});

test('gives up on a service that is never ready, and leaves nothing of it', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(
    project,
    { slow: { variables: { FAKE_DELAY: '60000' } } },
    { bounds: { ...bounds, start: 600 } },
  );
  await assert.rejects(up(runtime), { code: 'runtime/start-failed', message: /no success within 600 ms/ });
  assert.deepEqual(processesIn(project), []);
});

test('takes another port when a program has taken the one that it had', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await up(runtime);
  const port = portOf(runtime, 'web');
  await runtime.down({ signal: never, progress: quiet });
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  context.after(() => squatter.close());
  await up(runtime);
  assert.notEqual(portOf(runtime, 'web'), port);
  await ask(runtime, 'web');
});

test('tries another port when a program takes it during the start', async (context) => {
  const project = projectFor(context);
  const kind = fakeKind(project.script);
  const squatter = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'));
  context.after(() => squatter.close());
  const { process: capability } = kind;
  assert.ok(capability);
  const runtime = runtimeOf(
    project,
    { web: {} },
    {
      kinds: [
        {
          ...kind,
          process: {
            ...capability,
            // The squatter even answers as if it were the service.
            plan: async (given) => {
              if (!squatter.listening) {
                squatter.listen(given.layout.port('web', 8080), '127.0.0.1');
                await once(squatter, 'listening');
              }
              return capability.plan(given);
            },
          },
        },
      ],
    },
  );
  const lines: string[] = [];
  await up(runtime, never, (line) => lines.push(line));
  assert.ok(
    lines.some((line) => line.includes('another program took port')),
    lines.join('\n'),
  );
  assert.equal((await ask(runtime, 'web')).environment['FAKE_PORT'], String(portOf(runtime, 'web')));
});

test('keeps its port on a restart, or says that it was taken', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await up(runtime);
  const before = await ask(runtime, 'web');
  const port = portOf(runtime, 'web');
  await runtime.restart('web', never);
  const after = await ask(runtime, 'web');
  assert.equal(portOf(runtime, 'web'), port);
  assert.notEqual(after.pid, before.pid);
  process.kill(after.pid, 'SIGKILL');
  const squatter = createServer();
  context.after(() => squatter.close());
  for (let bound = false; !bound;)
    bound = await new Promise((resolve) => {
      squatter.once('error', () => setTimeout(resolve, 20, false));
      squatter.listen(port, '127.0.0.1', () => resolve(true));
    });
  await assert.rejects(runtime.restart('web', never), { code: 'runtime/port-taken' });
});

test('leaves nothing when it is aborted in the middle, and keeps what ran before', async (context) => {
  const project = projectFor(context);
  const services = {
    old: {},
    quick: {},
    slow: { after: ['quick'], variables: { FAKE_DELAY: '60000', FAKE_CHILD: '1' } },
  };
  const runtime = runtimeOf(project, services);
  await runtime.up({ only: ['old'], signal: never, progress: quiet });
  const { pid } = await ask(runtime, 'old');
  const control = new AbortController();
  const started = up(runtime, control.signal, (line) => {
    if (line.startsWith('slow: started')) setTimeout(() => control.abort(new Error('interrupted')), 100);
  });
  await assert.rejects(started, { message: 'interrupted' });
  assert.deepEqual(processesIn(project), [pid]);
});

test('ends children and what ignores the stop signal', async (context) => {
  const project = projectFor(context);
  const variables = { FAKE_STUBBORN: '1', FAKE_CHILD: '1' };
  const runtime = runtimeOf(project, { web: { variables } }, { bounds: { ...bounds, stop: 300 } });
  await up(runtime);
  const { pid } = await ask(runtime, 'web');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  assert.equal(children.length, 1);
  await runtime.down({ signal: never, progress: quiet });
  assert.ok([pid, ...children].every((number) => identify(number) === undefined));
});

test('goes on when the command line ends, and is found by the next one', async (context) => {
  const project = projectFor(context);
  const child = supervisor(project, { web: {} });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  const runtime = runtimeOf(project, { web: {} });
  const [status] = await runtime.status();
  assert.equal(status?.state, 'running');
  assert.equal((await ask(runtime, 'web')).pid, status?.processId);
});

test('prepares a service once, with its input, before it starts', async (context) => {
  const project = projectFor(context);
  const services = { web: { variables: { FAKE_PREPARE: 'told once' } } };
  // In a process of its own, which has nothing else that keeps it going.
  const child = supervisor(project, services);
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  const runtime = runtimeOf(project, services);
  await runtime.restart('web', never);
  const prepared = join(project.state, 'services', 'web', 'prepared');
  assert.equal(readFileSync(prepared, 'utf8'), 'told once');
  assert.equal(statSync(prepared).uid, (await ask(runtime, 'web')).uid);
});

test('does not start a service whose preparation fails', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: { variables: { FAKE_PREPARE: 'fail' } } });
  await assert.rejects(up(runtime), {
    code: 'runtime/start-failed',
    message: /exit code 4; it logged last:\n {2}no room/,
  });
  assert.deepEqual(processesIn(project), []);
});

test('ends what a killed supervisor has left', async (context) => {
  const project = projectFor(context);
  const services = { quick: {}, slow: { after: ['quick'], variables: { FAKE_DELAY: '60000' } } };
  const child = supervisor(project, services);
  await untilLine(child, /slow: started/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(processesIn(project).length, 2);
  const runtime = runtimeOf(project, services);
  assert.deepEqual(
    (await runtime.status()).map(({ state }) => state),
    ['running', 'stopped'],
  );
  await runtime.down({ signal: never, progress: quiet });
  assert.deepEqual(processesIn(project), []);
});

test('starts a service anew that a killed supervisor did not see ready', async (context) => {
  const project = projectFor(context);
  const child = supervisor(project, { slow: { variables: { FAKE_DELAY: '60000' } } });
  await untilLine(child, /slow: started/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = processesIn(project);
  const runtime = runtimeOf(project, { slow: {} });
  await up(runtime);
  const now = processesIn(project);
  assert.equal(now.length, 1);
  assert.ok(!left.includes(now[0] ?? 0));
});

test('finds a service by its log that no record names', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await up(runtime);
  rmSync(join(project.state, 'process.json'));
  await runtime.down({ signal: never, progress: quiet });
  assert.deepEqual(processesIn(project), []);
});

test('does not touch a process that has got the number of a recorded one', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await up(runtime);
  const { pid } = await ask(runtime, 'web');
  process.kill(pid, 'SIGKILL');
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  context.after(() => bystander.kill('SIGKILL'));
  const file = join(project.state, 'process.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"pid": ${pid}`, `"pid": ${bystander.pid}`));
  assert.equal((await runtime.status())[0]?.state, 'failed');
  await runtime.down({ signal: never, progress: quiet });
  assert.ok(bystander.pid !== undefined && identify(bystander.pid) !== undefined);
});

test('an interrupted command line leaves nothing', async (context) => {
  const project = projectFor(context);
  const child = supervisor(project, { quick: {}, slow: { after: ['quick'], variables: { FAKE_DELAY: '60000' } } });
  await untilLine(child, /slow: started/);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [3, null]);
  assert.deepEqual(processesIn(project), []);
});

test('refuses a second process that changes the same stack, until the first has ended', async (context) => {
  const project = projectFor(context);
  const services = { slow: { variables: { FAKE_DELAY: '60000' } } };
  const child = supervisor(project, services);
  await untilLine(child, /slow: started/);
  const runtime = runtimeOf(project, services);
  await assert.rejects(up(runtime), { code: 'runtime/busy', message: new RegExp(`process ${child.pid} `) });
  await assert.rejects(runtime.down({ signal: never, progress: quiet }), { code: 'runtime/busy' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await runtime.down({ signal: never, progress: quiet });
  assert.deepEqual(processesIn(project), []);
});

test('leaves out, with the reason, what it cannot run', async (context) => {
  const project = projectFor(context);
  const fake = fakeKind(project.script);
  const { process: fakeProcess, ...unable } = fake;
  assert.ok(fakeProcess);
  const picky = { ...fake, id: 'picky', process: { ...fakeProcess, leftOut: () => 'its sources are elsewhere' } };
  const runtime = runtimeOf(
    project,
    {
      api: { after: ['mesh', 'absent'] },
      mesh: { kind: 'mesh' },
      picky: { kind: 'picky' },
      stranger: { kind: 'unknown' },
      absent: { variables: { FAKE_PROGRAM: 'no-such-program' } },
    },
    { kinds: [fake, { ...unable, id: 'mesh', title: 'A mesh' }, picky] },
  );
  const status = await up(runtime);
  assert.deepEqual(
    status.map(({ service, state, detail }) => [service, state, detail]),
    [
      ['api', 'running', undefined],
      ['mesh', 'left-out', 'A mesh cannot be run as a process of this host'],
      ['picky', 'left-out', 'its sources are elsewhere'],
      ['stranger', 'left-out', 'no service kind is known for it (unknown)'],
      ['absent', 'left-out', 'no-such-program is not installed'],
    ],
  );
  await assert.rejects(runtime.restart('mesh', never), { code: 'runtime/left-out' });
  await assert.rejects(runtime.restart('nobody', never), { code: 'runtime/unknown-service' });
});

test('rotates a log that has grown too long, and the service goes on writing to it', async (context) => {
  const project = projectFor(context);
  const variables = { FAKE_SPEAK: '3000' };
  const runtime = runtimeOf(project, { web: { variables } }, { bounds: { ...bounds, logBytes: 1000 } });
  await up(runtime);
  const log = join(project.state, 'logs', 'web.log');
  await runtime.status();
  assert.ok(statSync(`${log}.1`).size >= 3000);
  assert.equal(statSync(log).size, 0);
  await runtime.restart('web', never);
  assert.match(readFileSync(log, 'utf8').slice(0, 100) + readFileSync(`${log}.1`, 'utf8').slice(0, 100), /I am a fake/);
});

test('runs a client beside a service, bounded', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} }, { bounds: { ...bounds, exec: 1500 } });
  const code =
    'process.stdin.pipe(process.stdout); process.on("exit", () => console.log(process.env.ADMINISTRATOR, process.getuid()))';
  await assert.rejects(runtime.exec('web', [code], { signal: never }), { code: 'runtime/not-running' });
  await up(runtime);
  const { uid } = await ask(runtime, 'web');
  const result = await runtime.exec('web', [code], { input: 'hello ', signal: never });
  assert.deepEqual(result, { exitCode: 0, stdout: `hello yes ${uid}\n`, stderr: '', truncated: false });
  await assert.rejects(runtime.exec('web', ['setInterval(() => {}, 1000)'], { signal: never }), {
    code: 'runtime/exec-timeout',
  });
});

test('reloads by signal, without another process', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await up(runtime);
  const before = await ask(runtime, 'web');
  await runtime.reload('web');
  for (let tries = 0; tries < 100 && (await ask(runtime, 'web')).reloads === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const after = await ask(runtime, 'web');
  assert.deepEqual([after.reloads, after.pid], [1, before.pid]);
});

test('moves the state of a service aside and says where to', async (context) => {
  const project = projectFor(context);
  const mounts = [
    { at, type: 'volume' as const, source: 'data', target: '/data', readOnly: false, syntax: 'short' as const },
  ];
  const runtime = runtimeOf(project, { db: { mounts } });
  await up(runtime);
  const volume = join(project.state, 'volumes', 'data');
  writeFileSync(join(volume, 'half-made'), '');
  const said = await runtime.setAside('db');
  assert.deepEqual(processesIn(project), []);
  const [moved = ''] = said.split(', ');
  assert.match(moved, /data\.set-aside-\d{4}-\d\d-\d\dT/);
  assert.ok(existsSync(join(moved, 'half-made')));
  await up(runtime);
  assert.deepEqual(readdirSync(volume), []);
});

test('finds a listener that nobody declared', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: { variables: { FAKE_UNDECLARED: '1' } }, off: { kind: 'unknown' } });
  await up(runtime);
  const evidence = await listenerEvidence(runtime);
  const web = evidence.get('web');
  assert.ok(web?.known === true);
  assert.equal(web.value.listeners.length, 2);
  assert.equal(web.value.listeners.filter(({ declared }) => declared).length, 1);
  assert.equal(evidence.get('off')?.known, false);
});

test('refuses a record that it cannot read', async (context) => {
  const project = projectFor(context);
  mkdirSync(project.state, { recursive: true });
  writeFileSync(join(project.state, 'process.json'), '{"schemaVersion": 9}');
  assert.throws(() => runtimeOf(project, { web: {} }), { code: 'runtime/state-unreadable' });
  rmSync(join(project.state, 'process.json'));
});

const bind = (target: string, source: string) => ({
  mounts: [{ at, type: 'bind' as const, source, target, readOnly: true, syntax: 'short' as const }],
  variables: { FAKE_FILE: '/run/secrets/id' },
});

const appending = (path: string) =>
  `process.umask(7); require('node:fs').appendFileSync(${JSON.stringify(path)}, 'x'); process.stdout.write('ok')`;

if (root) {
  test('runs each service as an unprivileged account of its own, which owns its state and its secrets', async (context) => {
    const project = projectFor(context);
    const secrets = join(project.directory, 'secrets', 'one');
    mkdirSync(secrets, { recursive: true });
    chmodSync(secrets, 0o700);
    writeFileSync(join(secrets, 'secret-id'), 'for one', { mode: 0o400 });
    const runtime = runtimeOf(project, {
      one: bind('/run/secrets/id', join(secrets, 'secret-id')),
      two: {},
    });
    await up(runtime);
    const [one, two] = [await ask(runtime, 'one'), await ask(runtime, 'two')];
    assert.ok(one.uid !== 0 && one.gid !== 0 && two.uid !== 0 && one.uid !== two.uid);
    assert.ok(!one.groups.includes(0));
    assert.equal(one.file, 'for one');
    const file = statSync(join(secrets, 'secret-id'));
    assert.deepEqual([file.uid, file.mode & 0o777], [one.uid, 0o400]);
    const state = statSync(join(project.state, 'services', 'one'));
    assert.deepEqual([state.uid, state.mode & 0o777], [one.uid, 0o700]);
    assert.equal(one.directory, join(project.state, 'services', 'one'));
  });

  test('copies what the account cannot reach, and keeps the data where it can, for a project in a closed directory', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'closed');
    const source = join(closed, 'id');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(source, 'first', { mode: 0o600 });
    const script = join(closed, 'start.sh');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    const shared = join(project.directory, 'shared');
    const lines: string[] = [];
    const runtime = runtimeOf(
      project,
      {
        one: {
          mounts: [
            { at, type: 'bind', source, target: '/run/secrets/id', readOnly: true, syntax: 'short' },
            { at, type: 'bind', source: script, target: '/init/start.sh', readOnly: true, syntax: 'short' },
          ],
          variables: { FAKE_FILE: '/run/secrets/id' },
        },
      },
      { stateDirectory: join(closed, 'state'), sharedDirectory: shared },
    );
    try {
      await up(runtime, never, (line) => lines.push(line));
      assert.equal((await ask(runtime, 'one')).file, 'first');
      // Once for both mounts.
      assert.deepEqual(
        lines.filter((line) => line.includes('copy')),
        [`${closed} is closed to the account of one: what is mounted from there is read as a copy (0400)`],
      );
      const [data = ''] = readdirSync(shared);
      const staged = join(shared, data, 'copies', 'one');
      const copyOf = (name: string): string =>
        readdirSync(staged)
          .map((folder) => join(staged, folder, name))
          .find((path) => existsSync(path)) ?? '';
      assert.equal(statSync(copyOf('start.sh')).mode & 0o777, 0o500);
      const copy = copyOf('id');
      assert.deepEqual([statSync(copy).uid, statSync(copy).mode & 0o777], [(await ask(runtime, 'one')).uid, 0o400]);
      assert.equal(statSync(source).uid, 0);
      // A secret that was replaced reaches the service with a reload.
      writeFileSync(source, 'second', { mode: 0o600 });
      await runtime.reload('one');
      assert.equal((await ask(runtime, 'one')).file, 'second');
    } finally {
      await runtime.down({ signal: never, progress: quiet });
    }
  });

  test('moves the data to where the accounts get to it, after the way to it was closed while services ran', async (context) => {
    const project = projectFor(context);
    const mounts = [
      { at, type: 'volume' as const, source: 'data', target: '/data', readOnly: false, syntax: 'short' as const },
    ];
    const services = { one: { mounts }, two: {} };
    const runtime = runtimeOf(project, services);
    await up(runtime);
    await runtime.exec('one', [appending(join(project.state, 'volumes', 'data', 'kept'))], { signal: never });
    const before = await ask(runtime, 'one');
    chmodSync(join(project.directory, '.palisade'), 0o700);

    await assert.rejects(runtime.restart('two', never), (thrown) => {
      assert.ok(thrown instanceof PalisadeError);
      assert.equal(thrown.code, 'runtime/way-closed');
      assert.match(thrown.message, /palisade up moves its data/);
      return true;
    });
    // What can be done in a closed directory all the same is to end what runs there.
    const lines: string[] = [];
    const later = runtimeOf(project, services);
    await up(later, never, (line) => lines.push(line));
    const [data = ''] = readdirSync(join(project.directory, 'shared'));
    const moved = join(project.directory, 'shared', data);
    assert.equal(readFileSync(join(moved, 'volumes', 'data', 'kept'), 'utf8').length > 0, true);
    assert.ok(!existsSync(join(project.state, 'volumes')));
    assert.match(
      lines.join('\n'),
      /\.palisade is closed to the accounts of the services: their data moves to .*shared/,
    );
    assert.match(lines.join('\n'), /one: stopping, because its data has to be moved/);
    const after = await ask(later, 'one');
    assert.notEqual(after.pid, before.pid);
    assert.ok(after.directory.startsWith(moved));
    // A runtime that was opened before the move finds the data where it is now.
    await runtime.restart('two', never);
    assert.ok((await ask(runtime, 'two')).directory.startsWith(moved));
    assert.equal(statSync(join(project.directory, '.palisade')).mode & 0o777, 0o700);
  });

  test('stops what runs where the way was closed', async (context) => {
    const project = projectFor(context);
    const runtime = runtimeOf(project, { one: {} });
    await up(runtime);
    chmodSync(join(project.directory, '.palisade'), 0o700);
    await runtime.down({ signal: never, progress: quiet });
    assert.deepEqual(processesIn(project), []);
  });

  test('says what to do where no other directory is open either, and moves nothing', async (context) => {
    const project = projectFor(context);
    const shut = join(project.directory, 'shut');
    mkdirSync(shut, { mode: 0o700 });
    const runtime = runtimeOf(project, { one: {} }, { sharedDirectory: join(shut, 'shared') });
    await up(runtime);
    chmodSync(join(project.directory, '.palisade'), 0o700);
    await assert.rejects(up(runtime), (thrown) => {
      assert.ok(thrown instanceof PalisadeError);
      assert.equal(thrown.code, 'runtime/way-closed');
      assert.match(thrown.message, /no other directory/);
      assert.match(thrown.next, /chmod o\+x .*\.palisade/);
      return true;
    });
    assert.ok(existsSync(join(project.state, 'services')));
    chmodSync(join(project.directory, '.palisade'), 0o711);
    assert.equal(runtime.endpoint('one', 8080) === undefined, false);
  });

  test('is not led to files of others by links that a service has left', async (context) => {
    const project = projectFor(context);
    const outside = join(project.directory, 'outside');
    mkdirSync(outside, { mode: 0o700 });
    writeFileSync(join(outside, 'shadow'), 'of root', { mode: 0o600 });
    const certificates = join(project.directory, 'certs', 'one');
    const configuration = join(project.directory, 'conf.d');
    for (const directory of [certificates, configuration]) {
      mkdirSync(directory, { recursive: true });
      symlinkSync(join(outside, 'shadow'), join(directory, 'link'));
    }
    writeFileSync(join(configuration, 'plain'), 'closed', { mode: 0o600 });
    const runtime = runtimeOf(project, {
      one: {
        mounts: [...bind('/certs', certificates).mounts, ...bind('/conf.d', configuration).mounts],
        tmpfs: [{ value: '/run', at }],
      },
    });
    await up(runtime);
    const { uid } = await ask(runtime, 'one');
    await runtime.down({ signal: never, progress: quiet });
    const own = join(project.state, 'services', 'one', 'root', 'run');
    rmSync(own, { recursive: true });
    symlinkSync(outside, own);
    await up(runtime);
    await runtime.reload('one');
    assert.deepEqual([statSync(outside).uid, statSync(join(outside, 'shadow')).uid], [0, 0]);
    assert.equal(statSync(own).uid, uid);
    // What is copied for it is the plain file alone, and the copy is nothing that it could lead elsewhere.
    const copies = join(project.state, 'copies', 'one');
    const [copy = '', ...others] = readdirSync(copies);
    assert.deepEqual([readdirSync(join(copies, copy, 'conf.d')), others], [['plain'], []]);
    assert.equal(statSync(join(copies, copy, 'conf.d')).uid, 0);
  });

  test('lets services that share a volume write to it, and nobody else', async (context) => {
    const project = projectFor(context);
    const mounts = [
      { at, type: 'volume' as const, source: 'logs', target: '/logs', readOnly: false, syntax: 'short' as const },
    ];
    const runtime = runtimeOf(project, { one: { mounts }, two: { mounts }, three: {} });
    await up(runtime);
    const file = join(project.state, 'volumes', 'logs', 'audit');
    for (const service of ['one', 'two'])
      assert.equal((await runtime.exec(service, [appending(file)], { signal: never })).stdout, 'ok');
    const refused = await runtime.exec('three', [appending(file)], { signal: never });
    assert.match(refused.stderr, /EACCES/);
  });

  test('runs a program that lies in a closed directory, and leaves the directory as it is', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'tools');
    const tool = join(closed, 'tool');
    mkdirSync(closed, { mode: 0o700 });
    copyFileSync(process.execPath, tool);
    const services = { web: { variables: { FAKE_PROGRAM: 'tool' } } };
    const before = statSync(tool);
    const runtime = runtimeOf(project, services, { programDirectories: [closed, nodeDirectory] });
    await up(runtime);
    const answer = await ask(runtime, 'web');
    assert.notEqual(answer.uid, 0);
    const mirrored = join(project.state, 'mirrors', 'web', tool);
    assert.equal(statSync(mirrored).ino, before.ino);
    const after = statSync(tool);
    assert.deepEqual([after.uid, after.gid, after.mode], [before.uid, before.gid, before.mode]);
    assert.equal(statSync(closed).mode & 0o777, 0o700);
    // A start that does not need it removes it.
    await runtime.down({ signal: never, progress: quiet });
    await up(runtimeOf(project, { web: {} }));
    assert.ok(!existsSync(mirrored));
  });

  test('leaves out a service whose program would make another user of it', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'tools');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(join(closed, 'tool'), '#!/bin/sh\n');
    chmodSync(join(closed, 'tool'), 0o4755);
    const services = { web: { variables: { FAKE_PROGRAM: 'tool' } } };
    const [status] = await up(runtimeOf(project, services, { programDirectories: [closed] }));
    assert.equal(status?.state, 'left-out');
    assert.match(status.detail ?? '', /\/tools\/tool is closed to its account/);
  });
}
