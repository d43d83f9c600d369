import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PalisadeError } from '../../support/errors.ts';
import { identify } from './processes.ts';
import { fakeKind } from './testing.ts';
import {
  never,
  quiet,
  bounds,
  runtimeOf,
  projectFor,
  up,
  portOf,
  ask,
  processesIn,
  supervisor,
} from './testing/running.ts';

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

test('makes nothing for a service that it does not know', async (context) => {
  const project = projectFor(context);
  const runtime = runtimeOf(project, { web: {} });
  await assert.rejects(runtime.restart('wbe', never), { code: 'runtime/unknown-service' });
  await assert.rejects(runtime.up({ only: ['wbe'], signal: never, progress: quiet }), {
    code: 'runtime/unknown-service',
  });
  assert.deepEqual([existsSync(project.state), existsSync(join(project.directory, 'shared'))], [false, false]);
});
