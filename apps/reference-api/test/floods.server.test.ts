import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { tokensOf } from '../../../packages/fastify-guard/test/tokens.ts';
import { until } from '../src/testing/children.ts';
import { type Target, type Way, openTarget } from './attacked/target.ts';
import { type Seen, lookOn } from './flood/onlooker.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('flood/flood.ts', import.meta.url));

let target: Target;
before(async () => {
  target = await openTarget();
});
after(() => target[Symbol.asyncDispose]());

/** The way is open to a client from an address that takes no part in the attack: the API alone, or with the gateway before it. */
const health = (way: Way) =>
  way.name === 'directly'
    ? way.call('/health', { from: '127.200.0.1' })
    : way.call('/api/user', {
        from: '127.200.0.1',
        headers: { authorization: `Bearer ${tokensOf(target.issuance).token()}` },
      });

const checkSeen = (seen: Seen, what: string): string => {
  assert.deepEqual(seen.failures, [], what);
  assert.ok(seen.asked > 3, `${what}: the attack was over at once`);
  return `${what}: another client asked ${seen.asked} times; the slowest answer took ${seen.worst} ms`;
};

const memory = async (): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${target.api.process.pid}/status`, 'utf8'))?.[1]) / 1024;
const descriptors = async (): Promise<number> => (await readdir(`/proc/${target.api.process.pid}/fd`)).length;

const slow = [
  ['headers', '-H'],
  ['bodies', '-B'],
  ['readers', '-X'],
] as const;
for (const [name, mode] of slow)
  test(`answers others while 400 slow ${name} hold on, by both ways`, { timeout: 60_000 }, async (context) => {
    await Promise.all(
      target.ways.map(async (way) => {
        const bounds = ['-c', '400', '-r', '200', '-l', '7', '-i', '1', '-p', '3', '-v', '0'];
        // slowhttptest names no host in its handshake, so the gateway would end that; its plain port is open to it.
        const address =
          way.name === 'directly'
            ? `https://localhost:${way.port}/health`
            : `http://localhost:${target.plainPort}/api/users`;
        const { seen } = await lookOn(
          () => health(way),
          () => run('slowhttptest', [mode, ...bounds, '-u', address], { timeout: 30_000, cwd: target.directory }),
        );
        context.diagnostic(checkSeen(seen, `slow ${name}, ${way.name}`));
      }),
    );
    await target.checkUnharmed();
  });

const counts = z.object({ started: z.int(), opened: z.int(), most: z.int(), dropped: z.int(), secured: z.int() });

for (const [name, kind] of [
  ['direct', 'silent'],
  ['direct', 'half'],
  ['gateway', 'silent'],
  ['gateway', 'half'],
] as const)
  test(
    `answers others while somebody opens 10,000 connections (${kind}, ${name}), and lets go of all of them`,
    { timeout: 90_000 },
    async (context) => {
      const way = target[name];
      const before = await memory();
      const { seen, result } = await lookOn(
        () => health(way),
        () => run(process.execPath, [program, String(way.port), '10000', '10', '100', kind], { timeout: 60_000 }),
      );
      const { started, opened, most, dropped } = counts.parse(JSON.parse(result.stdout));
      context.diagnostic(checkSeen(seen, `${kind}, ${way.name}`));
      context.diagnostic(
        `${started} of 10,000 were started, ${opened} opened, ${most} held at once, ${dropped} dropped`,
      );
      assert.ok(opened > 500, `${opened} opened`);
      await until(
        async () => (await descriptors()) < 100,
        () => 'connections are still open',
        20_000,
      );
      const after = await memory();
      context.diagnostic(`memory of the API: ${Math.round(before)} MiB before, ${Math.round(after)} MiB after`);
      assert.ok(after < before + 300, `${before} MiB before, ${after} MiB after`);
      await target.checkUnharmed();
    },
  );
