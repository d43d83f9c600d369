import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificates, secrets } from './certificates.ts';
import { consumersOf } from './consumers.ts';
import { canHarden, harden } from './harden.ts';
import { statements } from './statements.ts';
import { loadProject } from './testing/project.ts';

const consumer = (name: string, url: string): string => `  ${name}:
    image: example/${name}
    environment:
      AMQP_URL: ${url}
`;

const compose = (
  consumers = '',
  image = 'rabbitmq:4.1-management',
  volumes: readonly string[] = [],
): string => `services:
  queue:
    image: ${image}
    environment:
      RABBITMQ_DEFAULT_PASS: canary-written
      RABBITMQ_ERLANG_COOKIE: canary-cookie
    ports: ["5672:5672", "15672:15672"]
    volumes:
${['./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro', ...volumes].map((volume) => `      - ${volume}\n`).join('')}${consumers}`;

const configuration = `listeners.tcp.default = 5672
heartbeat = 30
loopback_users = none
disk_free_limit.absolute = 9GB
connection_max = 50
vm_memory_high_watermark.relative = 0.9
default_pass = canary-configured
auth_mechanisms.1 = ANONYMOUS
`;

const load = (changes: { readonly compose?: string; readonly files?: Readonly<Record<string, string>> } = {}) =>
  loadProject({
    'compose.yaml': changes.compose ?? compose(consumer('api', 'amqp://guest:guest@queue:5672/')),
    'rabbitmq.conf': configuration,
    ...changes.files,
  });

const written = async (path: string, changes: Parameters<typeof load>[0] = {}): Promise<string> => {
  const { stack, service } = await load(changes);
  const change = harden(stack, service).find((each) => each.kind === 'file-write' && each.path === path);
  assert.ok(change?.kind === 'file-write', path);
  return change.content;
};

/** Consumers with their vhosts. */
const vhosts = async (consumers: string) => {
  const { stack, service } = await load({ compose: compose(consumers) });
  return consumersOf(stack, service).map(({ name, vhost }) => `${name} ${vhost}`);
};

describe('consumers', () => {
  it('get a vhost of their own where they name none and are alone', async () => {
    assert.deepEqual(await vhosts(consumer('api', 'amqp://queue')), ['api api']);
    assert.deepEqual(await vhosts(consumer('api', 'amqp://u:p@queue:5672/%2F')), ['api api']);
  });

  it('keep a vhost that they name', async () => {
    assert.deepEqual(await vhosts(consumer('api', 'amqps://u:p@queue/shop%2Fa')), ['api shop/a']);
  });

  it('stay together in the default one where they may talk to each other', async () => {
    const both = consumer('api', 'amqp://queue') + consumer('worker', 'amqp://queue/');
    assert.deepEqual(await vhosts(both), ['api /', 'worker /']);
  });

  it('are remembered when their connection strings are gone', async () => {
    const first = await written('config/queue/rabbitmq.conf', {
      compose: compose(consumer('api', 'amqp://u:p@queue/sh%22op')),
    });
    const { stack, service } = await loadProject({
      'compose.yaml': `services:\n  queue:\n    image: rabbitmq:4.1\n    volumes:\n      - ./config/queue:/etc/rabbitmq:ro\n  api:\n    image: example/api\n    depends_on: [queue]\n`,
      'config/queue/rabbitmq.conf': first,
    });
    assert.deepEqual(
      consumersOf(stack, service).map(({ vhost }) => vhost),
      ['sh"op'],
    );
  });
});

describe('the hardened configuration', () => {
  it('keeps what is harmless or tighter, and drops what weakens', async () => {
    const text = await written('config/queue/rabbitmq.conf');
    for (const line of ['heartbeat = 30', 'disk_free_limit.absolute = 9GB', 'connection_max = 50'])
      assert.match(text, new RegExp(`^${line}$`, 'm'));
    assert.match(text, /^vm_memory_high_watermark\.relative = 0\.4$/m);
    assert.doesNotMatch(text, /\b5672|ANONYMOUS|canary|loopback_users = none/);
  });

  it('closes the plain listener of every plugin that a list enables', async () => {
    const changes = {
      compose: compose('', 'rabbitmq:4.1', ['./plugins:/etc/rabbitmq/enabled_plugins:ro']),
      files: { plugins: '[rabbitmq_mqtt,rabbitmq_stomp,rabbitmq_stream,rabbitmq_prometheus].\n' },
    };
    const text = await written('config/queue/rabbitmq.conf', changes);
    for (const line of ['mqtt.listeners.tcp = none', 'stomp.listeners.tcp = none', 'stream.listeners.tcp = none'])
      assert.ok(text.includes(`${line}\n`), line);
    assert.match(text, /^prometheus\.ssl\.fail_if_no_peer_cert = true$/m);
    assert.equal(await written('config/queue/enabled_plugins', changes), changes.files.plugins);
  });

  it('leaves out metrics without a login where nobody asked for them', async () => {
    assert.equal(await written('config/queue/enabled_plugins'), '[rabbitmq_management].\n');
  });

  it('takes queues over from definitions, and nobody’s account', async () => {
    const text = await written('config/queue/definitions.json', {
      compose: compose('', 'rabbitmq:4.1', ['./definitions.json:/etc/rabbitmq/definitions.json:ro']),
      files: {
        'rabbitmq.conf': 'load_definitions = /etc/rabbitmq/definitions.json\n',
        'definitions.json': JSON.stringify({
          users: [{ name: 'guest', password_hash: 'canary-hash' }],
          permissions: [{ user: 'guest' }],
          queues: [{ name: 'orders', vhost: '/' }],
        }),
      },
    });
    assert.match(text, /"orders"/);
    assert.doesNotMatch(text, /guest|canary/);
  });
});

describe('a server is left to a person', () => {
  const cases: readonly (readonly [string, Parameters<typeof load>[0]])[] = [
    ['with an image of another maker', { compose: compose('', 'bitnami/rabbitmq:4.1') }],
    ['with a version before 3.10', { compose: compose('', 'rabbitmq:3.9-management') }],
    ['with a configuration that is broken', { files: { 'rabbitmq.conf': 'heartbeat\n' } }],
    ['in a cluster', { files: { 'rabbitmq.conf': 'cluster_formation.peer_discovery_backend = dns\n' } }],
    ['with definitions that cannot be read', { files: { 'rabbitmq.conf': 'load_definitions = /elsewhere.json\n' } }],
    [
      'with a consumer that is named like the administrator',
      { compose: compose(consumer('administrator', 'amqp://queue')) },
    ],
    [
      'with advanced.config',
      {
        compose: compose('', 'rabbitmq:4.1', ['./advanced.config:/etc/rabbitmq/advanced.config:ro']),
        files: { 'advanced.config': '[].' },
      },
    ],
    [
      'with a plugin whose clients show no certificates',
      {
        compose: compose('', 'rabbitmq:4.1', ['./plugins:/etc/rabbitmq/enabled_plugins:ro']),
        files: { plugins: '[rabbitmq_web_stomp].' },
      },
    ],
  ];
  for (const [name, changes] of cases)
    it(name, async () => {
      const { stack, service } = await load(changes);
      assert.equal(canHarden(stack, service), false);
      for (const part of [harden, secrets, certificates, statements]) assert.deepEqual(part(stack, service), []);
    });
});

it('no edit, file, secret or statement holds a password', async () => {
  const { stack, service } = await load();
  const all = [harden, secrets, certificates, statements].map((part) => part(stack, service));
  assert.doesNotMatch(JSON.stringify(all), /canary/);
});

it('each consumer gets a user, a secret and, where it can hold one, a certificate', async () => {
  const { stack, service } = await load({
    compose: compose(consumer('api', 'amqp://queue') + consumer('stranger', 'amqp://queue/else')),
  });
  assert.deepEqual(
    secrets(stack, service).map(({ path, readers }) => [path, ...readers]),
    [
      ['queue', 'queue'],
      ['queue/api', 'api'],
      ['queue/stranger', 'stranger'],
    ],
  );
  assert.deepEqual(
    certificates(stack, service).map(({ directory }) => directory),
    ['certs/queue/server', 'certs/api/client'],
  );
  assert.deepEqual(
    statements(stack, service).map(({ parameters }) => parameters['user'] ?? parameters['declared']),
    ['administrator', 'api', 'stranger', 'administrator api stranger'],
  );
});

for (const [what, ports, expected] of [
  [
    'the usual ports become those of TLS',
    '["5672:5672", "15672:15672"]',
    ['127.0.0.1:5671:5671', '127.0.0.1:15671:15671'],
  ],
  ['a port of the user stays', '["127.0.0.1:15673:15672"]', ['127.0.0.1:15673:15671']],
  ['one on every interface stays, on loopback', '["5673:5672"]', ['127.0.0.1:5673:5671']],
  ['an address of the user stays', '["10.0.0.5:5673:5672"]', ['10.0.0.5:5673:5671']],
  ['a variable stays', '["${AMQP:-5672}:5672"]', ['127.0.0.1:${AMQP:-5672}:5671']],
  ['a port that the engine chooses stays its choice', '["5672"]', ['127.0.0.1::5671']],
] as const)
  it(`publishes TLS in place of the plain port: ${what}`, async () => {
    const { stack, service } = await load({ compose: compose().replace('["5672:5672", "15672:15672"]', ports) });
    const edits = harden(stack, service).filter((each) => each.kind === 'compose-edit' && each.path[2] === 'ports');
    const added = edits.flatMap((each) =>
      each.kind === 'compose-edit' && each.edit.op === 'append' ? [each.edit.value] : [],
    );
    assert.deepEqual(added, expected);
    assert.equal(edits.length, 2 * expected.length, 'each plain mapping is taken away');
  });
