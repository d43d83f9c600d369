import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Stack } from '../contracts/stack.ts';
import { discoverKinds } from '../testing/discover.ts';
import { sharesHostNetwork } from './host-network.ts';
import { applyComposeEdits, loadStack } from './index.ts';

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

/** Hardens the service `server` in place; what a second round asks for. */
const hardenTwice = async (stack: Stack): Promise<readonly unknown[]> => {
  const changesOf = (current: Stack) => {
    const service = current.services.get('server');
    assert.ok(service);
    return kinds.find(({ id }) => id === service.kind)?.harden?.(current, service) ?? [];
  };
  const changes = changesOf(stack);
  for (const change of changes)
    if (change.kind === 'file-write') {
      const path = join(stack.directory, change.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, change.content);
      if (change.mode !== undefined) chmodSync(path, change.mode);
    }
  const path = join(stack.directory, 'compose.yaml');
  const edits = changes.filter((change) => change.kind === 'compose-edit');
  writeFileSync(path, applyComposeEdits(readFileSync(path, 'utf8'), edits));
  return changesOf(await loadStack({ directory: stack.directory, environment: {}, kinds }));
};

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
  [
    'MongoDB',
    'mongo:7',
    'command: [mongod, --bind_ip, 127.0.0.1]\n    environment: { MONGO_INITDB_ROOT_USERNAME: a, MONGO_INITDB_ROOT_PASSWORD: b }',
    /^ {2}bindIp: 127\.0\.0\.1$/m,
  ],
  [
    'Vault',
    'hashicorp/vault:1.18',
    'command: [server]\n    volumes: ["./vault.hcl:/vault/config/vault.hcl"]',
    /^ {2}address = "127\.0\.0\.1:8200"\n {2}cluster_address = "127\.0\.0\.1:8201"$/m,
  ],
  [
    'RabbitMQ',
    'rabbitmq:4-management',
    'volumes: ["./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro"]',
    /^listeners\.ssl\.default = 127\.0\.0\.1:5671\n[^]*^management\.ssl\.ip = 127\.0\.0\.1$/m,
  ],
] as const)
  for (const mode of ['host', 'bridge'])
    test(`${what} ${mode === 'host' ? 'keeps' : 'gives up'} its loopback address in the network mode ${mode}`, async (context) => {
      const stack = await load(
        context,
        `  server:\n    image: ${image}\n    network_mode: ${mode}\n    ${more}\n  store:\n    image: postgres:16\n    environment: { POSTGRES_DB: shop, POSTGRES_PASSWORD: known }\n`,
        {
          'pgbouncer.ini': ini,
          'vault.hcl':
            'storage "file" { path = "/vault/file" }\nlistener "tcp" {\n  address = "127.0.0.1:8200"\n  tls_disable = true\n}\n',
          'rabbitmq.conf': 'listeners.tcp.1 = 127.0.0.1:5672\nmanagement.tcp.ip = 127.0.0.1\n',
        },
      );
      const service = stack.services.get('server');
      assert.ok(service);
      const written = (kinds.find(({ id }) => id === service.kind)?.harden?.(stack, service) ?? []).flatMap((change) =>
        change.kind === 'file-write' ? [change.content] : [],
      );
      assert.ok(written.length > 0, 'the service is hardened');
      const rendered = written.join('\n');
      const again = await hardenTwice(stack);
      assert.deepEqual(again, [], 'a second round has nothing to do');
      assert.equal(loopback.test(rendered), mode === 'host');
    });
