import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenerEvidence } from '../listeners.ts';
import { at, never, bounds, runtimeOf, projectFor, up, ask, processesIn } from './testing/running.ts';

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
