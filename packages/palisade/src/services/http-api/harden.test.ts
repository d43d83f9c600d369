import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Service, Stack } from '../../contracts/stack.ts';
import { applyComposeEdit, applyComposeEdits, loadStack } from '../../model/index.ts';
import { certificates } from './certificates.ts';
import { control as tlsOnly } from './controls/tls-only.ts';
import { control as verified } from './controls/verified-connections.ts';
import { harden } from './harden.ts';
import { kind } from './index.ts';

const bundled = join(import.meta.dirname, '../../../../../stack');
// The other kinds are not this one's business; their names are enough.
const named = (id: string) => ({
  ...kind,
  id,
  matches: (hints: { readonly name: string }) => (hints.name === id ? (2 as const) : (0 as const)),
});
const redis = (hints: { readonly name: string }): 0 | 2 => (hints.name.startsWith('redis-') ? 2 : 0);
const kinds = [
  kind,
  ...['vault', 'postgres', 'pgbouncer', 'mysql', 'mongodb', 'rabbitmq', 'nginx'].map(named),
  { ...named('redis'), matches: redis },
];

const load = (directory: string): Promise<Stack> => loadStack({ directory, environment: {}, kinds });
const api = (stack: Stack): Service => {
  const service = stack.services.get('reference-api');
  assert.ok(service);
  return service;
};
/** The bundled stack, hardened as far as this kind does it. */
const hardened = async (context: TestContext): Promise<{ readonly stack: Stack; readonly text: string }> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-http-api-'));
  context.after(() => rmSync(directory, { recursive: true }));
  cpSync(bundled, directory, { recursive: true });
  const path = join(directory, 'compose.yaml');
  const stack = await load(directory);
  const text = harden(stack, api(stack)).reduce(
    (current, edit) => applyComposeEdit(current, edit),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
  return { stack: await load(directory), text };
};

test('is recognised in the bundled stack', async () => {
  assert.equal(api(await load(bundled)).kind, 'http-api');
});

test('leaves no token, password, switch or wildcard in the environment', async (context) => {
  const { environment } = api((await hardened(context)).stack);
  const values = Object.fromEntries([...environment].map(([name, { value }]) => [name, value]));
  assert.deepEqual(values, {
    REFERENCE_API_POSTURE: 'hardened',
    VAULT_ADDR: 'https://vault:8200',
    VAULT_CACERT: '/vault-ca/ca.pem',
    VAULT_ROLE_ID_FILE: '/run/secrets/reference-api-role-id',
    VAULT_SECRET_ID_FILE: '/run/secrets/reference-api-secret-id',
    DATABASE_ADDRESS: 'pgbouncer:6432',
    DATABASE_NAME: 'devdb',
    DATABASE_POOLED: 'true',
    DATABASE_VAULT_PATH: 'pgbouncer/reference-api',
    DATABASE_TLS_DIRECTORY: '/client-certs',
    MYSQL_ADDRESS: 'mysql:3306',
    MYSQL_NAME: 'devdb',
    MYSQL_VAULT_PATH: 'mysql/reference-api',
    MONGODB_ADDRESS: 'mongodb:27017',
    MONGODB_NAME: 'devdb',
    MONGODB_VAULT_PATH: 'mongodb/reference-api',
    REDIS_ADDRESS: 'redis-1:6379,redis-2:6379,redis-3:6379',
    REDIS_VAULT_PATH: 'redis-1/reference-api',
    RABBITMQ_ADDRESS: 'rabbitmq:5671',
    RABBITMQ_VAULT_PATH: 'rabbitmq/reference-api',
    AUDIT_DIRECTORY: '/var/lib/reference-api/audit',
    AUDIT_SIGNING_KEY_NAME: 'reference-api-audit',
    TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8',
    TRUSTED_PROXY_NAMES: 'DNS:nginx',
    PUBLIC_ORIGIN: 'https://localhost',
    SIGNING_KEYS_VAULT_PATH: 'reference-api/signing-keys',
    TLS_DIRECTORY: '/certs',
    DEBUG: 'false',
    ENABLE_DOCS: 'false',
    LOG_LEVEL: 'info',
  });
});

test('mounts the identities, grants the AppRole files and asks for health over TLS', async (context) => {
  const service = api((await hardened(context)).stack);
  assert.deepEqual(
    service.mounts.map(({ target, readOnly }) => [target, readOnly]),
    [
      ['/vault-ca/ca.pem', true],
      ['/client-certs', true],
      ['/var/lib/reference-api', false],
      ['/certs', true],
    ],
  );
  assert.deepEqual(
    service.secrets.map(({ target }) => target),
    ['/run/secrets/reference-api-role-id', '/run/secrets/reference-api-secret-id'],
  );
  assert.ok(service.ports.some(({ target, hostAddress }) => target === 8443 && hostAddress === '127.0.0.1'));
  assert.match(service.healthcheck?.value.test.join(' ') ?? '', /node:https.*8443/);
  assert.equal(service.user?.value, '1000:1000');
});

test('keeps the edge to the database, so that the database keeps its account', async (context) => {
  const { stack } = await hardened(context);
  assert.ok(stack.edges.some(({ from, to, port }) => from === 'reference-api' && to === 'pgbouncer' && port === 6432));
});

test('has nothing to do a second time, and its own controls nothing to say', async (context) => {
  const { stack } = await hardened(context);
  assert.deepEqual(harden(stack, api(stack)), []);
  for (const control of [tlsOnly, verified])
    for (const { outcome, resource } of control.static?.(stack) ?? [])
      if (resource.type === 'service' && resource.name === 'reference-api') assert.equal(outcome, 'pass', control.id);
});

test('touches no other service', async (context) => {
  const stack = await load(bundled);
  for (const { path } of harden(stack, api(stack)))
    assert.ok(path[1] === 'reference-api' || path[0] === 'secrets' || path[1] === 'reference-api_data');
  const before = readFileSync(join(bundled, 'compose.yaml'), 'utf8').split('  reference-api:\n')[0] ?? '';
  // The volume of the audit log is the only line in front of the service.
  const { text } = await hardened(context);
  assert.ok(text.replace('  reference-api_data:\n', '').startsWith(before));
});

test('does nothing to a program that it does not know', async () => {
  const stack = await load(bundled);
  const known = api(stack);
  const foreign: Service = {
    ...known,
    environment: new Map([...known.environment].filter(([name]) => name !== 'REFERENCE_API_POSTURE')),
  };
  assert.deepEqual(harden(stack, foreign), []);
  assert.equal(kind.accountOf?.(foreign), undefined);
});

test('asks for an identity as a server, and as a client of the database', async () => {
  const stack = await load(bundled);
  assert.deepEqual(
    certificates(stack, api(stack)).map(({ role, usage, directory, alternativeNames }) => [
      role,
      usage,
      directory,
      alternativeNames,
    ]),
    [
      ['reference-api-server', 'server', 'certs/reference-api/server', ['reference-api', 'localhost']],
      ['reference-api-client', 'client', 'certs/reference-api/client', ['reference-api']],
    ],
  );
});

/** A stack of one reference API with these lines at the end of its service. */
const withLines = async (context: TestContext, lines: readonly string[]): Promise<Stack> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-http-api-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(
    join(directory, 'compose.yaml'),
    `services:\n  reference-api:\n    build: ./reference-api\n${lines.map((line) => `    ${line}\n`).join('')}`,
  );
  return load(directory);
};

const entriesTaken = (stack: Stack): readonly unknown[] =>
  harden(stack, api(stack)).flatMap(({ path, edit }) =>
    path[2] === 'ports' && edit.op === 'remove' ? [path.slice(2)] : [],
  );

for (const [what, entry, isTaken] of [
  ['short', '"8000:8000"', true],
  ['short on loopback', '"127.0.0.1:8000:8000"', true],
  ['short with a variable', '"${PORT_OF_API:-8000}:8000"', true],
  ['short at another port of the host', '"18000:8000"', true],
  ['short without one', '"8000"', true],
  ['long', '{ target: 8000, published: "8000", host_ip: 127.0.0.1 }', true],
  ['of a range', '"8000-8010:8000-8010"', false],
  ['of another port', '"8001:8001"', false],
  ['of UDP', '"8000:8000/udp"', false],
] as const)
  test(`${isTaken ? 'takes away' : 'leaves'} a mapping ${what}`, async (context) => {
    const stack = await withLines(context, [
      'environment: { REFERENCE_API_POSTURE: development }',
      `ports: [${entry}]`,
    ]);
    assert.deepEqual(entriesTaken(stack), isTaken ? [['ports', 0]] : []);
  });

for (const [what, entries, expected, origin] of [
  ['usual port on every interface: the usual of TLS, on loopback', '["8000:8000"]', ['127.0.0.1:8443:8443'], 8443],
  ['usual port at an address', '["10.0.0.5:8000:8000"]', ['10.0.0.5:8443:8443'], 8443],
  ['own port on loopback', '["127.0.0.1:18000:8000"]', ['127.0.0.1:18000:8443'], 18_000],
  ['own port on every interface: on loopback', '["18000:8000"]', ['127.0.0.1:18000:8443'], 18_000],
  ['variable', '["127.0.0.1:${API:-8000}:8000"]', ['127.0.0.1:8000:8443'], 8000],
  ['long syntax', '[{ target: 8000, published: "18000", host_ip: 10.0.0.5 }]', ['10.0.0.5:18000:8443'], 18_000],
  [
    'long syntax with the usual port',
    '[{ target: 8000, published: "8000", host_ip: 127.0.0.1 }]',
    ['127.0.0.1:8443:8443'],
    8443,
  ],
  [
    'usual port and a range around it: TLS once',
    '["8000:8000", "127.0.0.1:8000-8010:8000-8010"]',
    ['127.0.0.1:8000:8000', '127.0.0.1:8443:8443'],
    8443,
  ],
  ['nothing: nothing', '[]', [], 8443],
] as const)
  test(`publishes TLS no wider than plain HTTP was, ${what}`, async (context) => {
    const stack = await withLines(context, [
      'environment: { REFERENCE_API_POSTURE: development }',
      `ports: ${entries}`,
    ]);
    const path = join(stack.directory, 'compose.yaml');
    const edits = harden(stack, api(stack));
    writeFileSync(path, applyComposeEdits(readFileSync(path, 'utf8'), edits));
    const service = api(await load(stack.directory));
    assert.deepEqual(
      service.ports.map(({ hostAddress, published, target }) => `${hostAddress}:${published ?? ''}:${target}`),
      expected,
    );
    assert.equal(service.environment.get('PUBLIC_ORIGIN')?.value, `https://localhost:${origin}`);
  });

for (const [port, origin] of [
  ['80:80', 'https://localhost'],
  ['127.0.0.1:8088:80', 'https://localhost:8451'],
  ['127.0.0.1:8080:80', 'https://localhost:8444'],
] as const)
  test(`has the origin ${origin} behind a gateway at ${port}`, async (context) => {
    const stack = await withLines(context, [
      'environment: { REFERENCE_API_POSTURE: development }',
      'ports: ["127.0.0.1:8000:8000"]',
      `\n  nginx:\n    image: nginx:1.30\n    ports: ["${port}"]\n    environment: { API: "http://reference-api:8000" }`,
    ]);
    const set = harden(stack, api(stack)).find(({ path }) => path.at(-1) === 'PUBLIC_ORIGIN');
    assert.deepEqual(set?.edit, { op: 'set', value: origin });
  });

test('leaves the mapping of a port that the service is told to listen on', async (context) => {
  const stack = await withLines(context, [
    'environment: { REFERENCE_API_POSTURE: development, PORT: "8000" }',
    'ports: ["8000:8000"]',
  ]);
  assert.deepEqual(entriesTaken(stack), []);
});
