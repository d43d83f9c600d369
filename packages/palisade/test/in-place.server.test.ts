import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { inProject, palisade } from './command-line.ts';

const redis = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].some((path) => existsSync(path));
const skip = redis ? false : 'not run: Redis is not installed';

const compose = `services:
  vault:
    image: openbao/openbao:2.4
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment: {VAULT_DEV_ROOT_TOKEN_ID: root}
  store:
    image: redis:7.4
    ports: ["6379:6379"]
`;

const statusSchema = z.object({
  services: z.array(
    z.object({ service: z.string(), state: z.string(), processId: z.number(), outdated: z.literal(true).optional() }),
  ),
});

test(
  'a stack that is hardened in place while it runs is seen in its earlier posture until bootstrap restarts it',
  { skip },
  () =>
    inProject({ 'compose.yaml': compose }, async (directory) => {
      const run = (...args: readonly string[]) => palisade(args, { directory });
      const look = async () => {
        const { code, stdout } = await run('status', '--json');
        return { code, services: statusSchema.parse(JSON.parse(stdout)).services };
      };
      const outdatedOf = ({ services }: Awaited<ReturnType<typeof look>>) => services.map(({ outdated }) => outdated);
      try {
        assert.equal((await run('up')).code, 0);
        const development = await look();
        assert.deepEqual([development.code, outdatedOf(development)], [0, [undefined, undefined]]);

        assert.match((await run('harden', '--in-place')).stderr, /what runs goes on in its earlier posture/);
        const hardened = await look();
        assert.deepEqual([hardened.code, outdatedOf(hardened)], [3, [true, true]]);

        const early = await run('up');
        assert.equal(early.code, 2);
        assert.match(early.stderr, /job\/not-bootstrapped: .*vault, store.*\n.*palisade bootstrap/);
        assert.deepEqual(await look(), hardened);

        const { code, stderr } = await run('bootstrap', '--demo-identity');
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^store: stopping, because its configuration has changed/m);
        const production = await look();
        assert.deepEqual([production.code, outdatedOf(production)], [0, [undefined, undefined]]);
        assert.equal((await run('verify')).code, 0);

        // Certificates and secrets are there now, and are no reason to restart anything.
        for (const command of [['up'], ['bootstrap', '--demo-identity']]) {
          assert.equal((await run(...command)).code, 0);
          assert.deepEqual(await look(), production);
        }
      } finally {
        await run('down');
        const state = join(directory, '.palisade', 'runtime', 'process.json');
        if (existsSync(state))
          rmSync(z.object({ dataDirectory: z.string() }).parse(JSON.parse(readFileSync(state, 'utf8'))).dataDirectory, {
            recursive: true,
            force: true,
          });
      }
    }),
);
