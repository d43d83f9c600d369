import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/exec.ts';
import { requestBurst, requestRate } from './hardened/settings.ts';
import { createAuthority, gatewayProject, listen, scratch, startGateway } from './testing/gateway.ts';

const compose = gatewayProject('api');
const configuration = `
events {}
http {
  server {
    listen 80;
    location / { proxy_pass http://api:8000; }
  }
}
`;

/** Counts answers by their status; wrk itself tells only those that are not 2xx or 3xx. */
const script = `
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() served, limited, others = 0, 0, 0 end
function response(status)
  if status == 200 then served = served + 1 elseif status == 429 then limited = limited + 1 else others = others + 1 end
end
function done()
  local sum = { served = 0, limited = 0, others = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
  end
  io.write(string.format("served %d limited %d others %d\\n", sum.served, sum.limited, sum.others))
end
`;

const found = await run('wrk', ['--version'], { timeout: 5_000 }).then(
  () => true,
  () => false,
);

/** Seconds of the flood, and the connections that it comes over: fewer than a client may hold. */
const [seconds, connections] = [4, 16];

test(
  'lets a flood of wrk through at its burst and its rate, and answers every other request with 429',
  { skip: found ? false : 'not run: wrk is not installed', timeout: 60_000 },
  async () => {
    const root = await scratch();
    const authority = await createAuthority(join(root, 'ca'));
    await authority.issue({ directory: join(root, 'api'), name: 'api', names: ['api', 'localhost'] });
    const read = (name: string): Buffer => readFileSync(join(root, 'api', name));
    const arrivals: number[] = [];
    const upstream = createServer(
      { cert: read('cert.pem'), key: read('key.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true },
      (_incoming, response) => {
        arrivals.push(performance.now());
        response.end('served');
      },
    );
    try {
      await using gateway = await startGateway({
        directory: join(root, 'project'),
        compose,
        configuration,
        upstream: await listen(upstream),
        authority,
      });
      await writeFile(join(root, 'count.lua'), script);
      arrivals.length = 0;
      const started = performance.now();
      const { exitCode, stdout, stderr } = await run(
        'wrk',
        [
          ['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`],
          ['--script', join(root, 'count.lua'), `https://localhost:${gateway.port(8443)}/`],
        ].flat(),
        { timeout: 30_000 },
      );
      assert.equal(exitCode, 0, stdout + stderr);
      const [, served, limited, others] =
        /^served (\d+) limited (\d+) others (\d+)$/m.exec(stdout) ?? assert.fail(stdout);
      assert.equal(Number(others), 0, stdout);
      // What is under way when wrk ends has reached the API, and wrk does not count it.
      assert.ok(arrivals.length >= Number(served) && arrivals.length <= Number(served) + connections, stdout);

      // One request, the burst, and from then on one each tenth of a second: none comes earlier, however fast they are sent.
      const early = arrivals.findIndex(
        (at, index) => index > requestBurst && at - started < ((index - requestBurst) * 1_000) / requestRate - 50,
      );
      assert.equal(
        early,
        -1,
        `request ${early + 1} came too early: ${arrivals.map((at) => Math.round(at - started)).join()}`,
      );
      // The burst is served at once, and the rate goes on after it, at least for a second on a machine that is slow to send.
      assert.ok(
        arrivals.length >= 1 + requestBurst + requestRate &&
          arrivals.length <= 1 + requestBurst + requestRate * (seconds + 2),
        `${arrivals.length} were served`,
      );
      assert.ok(Number(limited) > Number(served), `only ${limited} were turned away: that was no flood`);
    } finally {
      upstream.closeAllConnections();
      upstream.close();
      await rm(root, { recursive: true, force: true });
    }
  },
);
