import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fakeKind } from './testing.ts';
import { never, quiet, runtimeOf, projectFor, up, portOf, ask } from './testing/running.ts';

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
