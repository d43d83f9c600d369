import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { discoverKinds } from '../testing/discover.ts';
import { sharesHostNetwork } from './host-network.ts';
import { loadStack } from './index.ts';

const { found: kinds } = await discoverKinds();

const load = (context: TestContext, services: string, files: Readonly<Record<string, string>> = {}) => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-host-network-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [path, text] of Object.entries({ ...files, 'compose.yaml': `services:\n${services}` }))
    writeFileSync(join(directory, path), text);
  return loadStack({ directory, environment: {}, kinds });
};

test('the network of the host is shared by its name, and through another service', async (context) => {
  const stack = await load(
    context,
    `  own: { image: a }
  host: { image: a, network_mode: host }
  beside: { image: a, network_mode: "service:host" }
  inside: { image: a, network_mode: "service:own" }
  circle: { image: a, network_mode: "service:circle" }
`,
  );
  const sharing = [...stack.services.values()].filter((service) => sharesHostNetwork(stack, service));
  assert.deepEqual(
    sharing.map(({ name }) => name),
    ['host', 'beside'],
  );
});

const ini = '[databases]\nshop = host=store dbname=shop\n[pgbouncer]\nlisten_addr = 127.0.0.1\nauth_type = trust\n';

for (const [what, image, more, loopback] of [
  [
    'PostgreSQL',
    'postgres:16',
    'command: [postgres, -c, listen_addresses=127.0.0.1]',
    /^listen_addresses = '?127\.0\.0\.1'?$/m,
  ],
  ['MySQL', 'mysql:8.4', 'command: [mysqld, --bind-address=127.0.0.1]', /^bind_address="?127\.0\.0\.1"?$/m],
  ['Redis', 'redis:7', 'command: [redis-server, --bind, 127.0.0.1]', /^bind "?127\.0\.0\.1"?$/m],
  [
    'PgBouncer',
    'edoburu/pgbouncer:v1.23.1-p2',
    'volumes: ["./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini:ro"]\n    depends_on: [store]',
    /^listen_addr = 127\.0\.0\.1$/m,
  ],
] as const)
  for (const mode of ['host', 'bridge'])
    test(`${what} ${mode === 'host' ? 'keeps' : 'gives up'} its loopback address in the network mode ${mode}`, async (context) => {
      const stack = await load(
        context,
        `  server:\n    image: ${image}\n    network_mode: ${mode}\n    ${more}\n  store:\n    image: postgres:16\n    environment: { POSTGRES_DB: shop, POSTGRES_PASSWORD: known }\n`,
        { 'pgbouncer.ini': ini },
      );
      const service = stack.services.get('server');
      assert.ok(service);
      const written = (kinds.find(({ id }) => id === service.kind)?.harden?.(stack, service) ?? []).flatMap((change) =>
        change.kind === 'file-write' ? [change.content] : [],
      );
      assert.ok(written.length > 0, 'the service is hardened');
      assert.equal(loopback.test(written.join('\n')), mode === 'host');
    });
