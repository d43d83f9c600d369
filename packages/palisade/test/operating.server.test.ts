import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { inProject, palisade } from './command-line.ts';

const redis = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].some((path) => existsSync(path));
const skip = redis ? false : 'not run: Redis is not installed';

const compose = `services:
  store:
    image: redis:7.4
    command: redis-server --requirepass canary-of-the-store
    environment: {REDIS_PASSWORD: canary-of-the-store}
`;

const status = z.strictObject({
  runtime: z.literal('process'),
  services: z.array(
    z.strictObject({
      service: z.literal('store'),
      state: z.literal('running'),
      processId: z.number(),
      endpoints: z.array(z.strictObject({ host: z.literal('127.0.0.1'), port: z.number(), containerPort: z.number() })),
    }),
  ),
});

/** Where the runtime keeps the data and the logs: elsewhere, where root runs it in a directory that others may not enter. */
const dataOf = (directory: string): string =>
  z
    .object({ dataDirectory: z.string() })
    .parse(JSON.parse(readFileSync(join(directory, '.palisade', 'runtime', 'process.json'), 'utf8'))).dataDirectory;

const logOf = (directory: string): string => {
  const logs = join(dataOf(directory), 'logs');
  return join(logs, readdirSync(logs)[0] ?? '');
};

test('a running stack is looked at, restarted and read, without secrets and without colours in a pipe', { skip }, () =>
  inProject({ 'compose.yaml': compose }, async (directory) => {
    const run = (...args: readonly string[]) => palisade(args, { directory, environment: { FORCE_COLOR: '1' } });
    try {
      const up = await run('up', '--runtime', 'process');
      assert.equal(up.code, 0, up.stderr);
      const before = status.parse(JSON.parse((await run('status', '--json')).stdout));

      const restarted = await run('restart', 'store', '--json');
      assert.equal(restarted.code, 0, restarted.stderr);
      assert.match(restarted.stderr, /^store: restarting$/m);
      const after = status.parse(JSON.parse(restarted.stdout));
      assert.notEqual(after.services[0]?.processId, before.services[0]?.processId);
      assert.deepEqual(after.services[0]?.endpoints, before.services[0]?.endpoints);

      appendFileSync(logOf(directory), '\u001b[31mlogin with canary-of-the-store\u001b[0m\u0007\n');
      const logs = await run('logs', 'store', '--lines', '1');
      assert.deepEqual([logs.code, logs.stdout], [0, 'login with ‹redacted›\\u0007\n'], logs.stderr);
      const asJson = await run('logs', 'store', '--json');
      const { lines } = z.object({ lines: z.array(z.string()) }).parse(JSON.parse(asJson.stdout));
      assert.ok(lines.length > 3, asJson.stdout);
      assert.doesNotMatch(asJson.stdout, /canary/);

      for (const ended of [up, restarted, logs, await run('status')])
        // eslint-disable-next-line no-control-regex -- escapes are what this is about
        assert.doesNotMatch(ended.stdout + ended.stderr, /\u001b/);
      const unknown = await run('logs', 'shop');
      assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
      assert.match(unknown.stderr, /runtime\/unknown-service.*\n.*Use one of: store\./);
    } finally {
      await run('down');
    }
    const gone = await run('status', '--json');
    rmSync(dataOf(directory), { recursive: true, force: true });
    assert.equal(gone.code, 3);
    assert.match(gone.stdout, /"state": "stopped"/);
  }),
);
