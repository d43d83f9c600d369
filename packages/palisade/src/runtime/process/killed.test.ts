import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { identify } from './processes.ts';
import { never, quiet, runtimeOf, projectFor, up, ask, processesIn, supervisor, untilLine } from './testing/running.ts';

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

test('refuses a record that it cannot read', async (context) => {
  const project = projectFor(context);
  mkdirSync(project.state, { recursive: true });
  writeFileSync(join(project.state, 'process.json'), '{"schemaVersion": 9}');
  assert.throws(() => runtimeOf(project, { web: {} }), { code: 'runtime/state-unreadable' });
  rmSync(join(project.state, 'process.json'));
});
