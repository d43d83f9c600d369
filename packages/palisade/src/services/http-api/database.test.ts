import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Stack } from '../../contracts/stack.ts';
import { loadStack } from '../../model/index.ts';
import { harden } from './harden.ts';
import { kind } from './index.ts';
import { originHere } from './process.ts';

// The other kinds are not this one's business; their names are enough.
const named = (id: string): typeof kind => ({ ...kind, id, matches: ({ name }) => (name === id ? 2 : 0) });
const kinds = [kind, ...['postgres', 'pgbouncer', 'nginx'].map(named)];

/** A reference API that calls this server, with these further lines in its environment. */
const stackOf = (context: TestContext, database: string, environment: readonly string[] = []): Promise<Stack> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-http-api-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const lines = [
    'REFERENCE_API_POSTURE: development',
    `DATABASE_URL: postgresql://u:p@${database}/app`,
    ...environment,
  ];
  writeFileSync(
    join(directory, 'compose.yaml'),
    `services:
  postgres:
    image: postgres:17
  pgbouncer:
    image: edoburu/pgbouncer:latest
  nginx:
    image: nginx:1.30
    ports: ["8443:8443"]
    depends_on: [reference-api]
  reference-api:
    build: ./reference-api
    ports: ["9443:8443"]
    environment:
${lines.map((line) => `      ${line}\n`).join('')}`,
  );
  return loadStack({ directory, environment: {}, kinds });
};

const variablesSet = (stack: Stack): ReadonlyMap<string, unknown> => {
  const service = stack.services.get('reference-api');
  assert.ok(service);
  return new Map(
    harden(stack, service).flatMap(({ path, edit }) =>
      path[2] === 'environment' && edit.op === 'set' ? [[String(path[3]), edit.value] as const] : [],
    ),
  );
};

test('tells the service that a pooler is in front of its database, and only then', async (context) => {
  assert.equal(variablesSet(await stackOf(context, 'pgbouncer:6432')).get('DATABASE_POOLED'), 'true');
  assert.equal(variablesSet(await stackOf(context, 'postgres:5432')).has('DATABASE_POOLED'), false);
});

test('names where signing keys lie, and no place of them where another issuer is named', async (context) => {
  const own = await stackOf(context, 'postgres:5432');
  assert.equal(variablesSet(own).get('SIGNING_KEYS_VAULT_PATH'), 'reference-api/signing-keys');
  const service = own.services.get('reference-api');
  assert.ok(service);
  assert.deepEqual(
    kind.vaultRights?.(own, service).map((right) => right.kind),
    ['signing', 'own-entry'],
  );
  const outside = await stackOf(context, 'postgres:5432', ['OIDC_ISSUER: https://issuer.example']);
  assert.equal(variablesSet(outside).has('SIGNING_KEYS_VAULT_PATH'), false);
  const consumer = outside.services.get('reference-api');
  assert.ok(consumer);
  assert.deepEqual(
    kind.vaultRights?.(outside, consumer).map((right) => right.kind),
    ['signing'],
  );
});

test('leaves an origin that is there', async (context) => {
  const named = await stackOf(context, 'postgres:5432', ['PUBLIC_ORIGIN: https://api.example']);
  assert.equal(variablesSet(named).has('PUBLIC_ORIGIN'), false);
});

for (const [origin, here] of [
  ['https://localhost:8443', { PUBLIC_ORIGIN: 'https://localhost:20001' }],
  ['https://localhost:9443', { PUBLIC_ORIGIN: 'https://localhost:20002' }],
  ['https://localhost:1', {}],
  ['https://api.example:8443', {}],
] as const)
  test(`as a process, is seen at ${Object.values(here)[0] ?? 'its own name'} where it is ${origin}`, async (context) => {
    const stack = await stackOf(context, 'postgres:5432', [`PUBLIC_ORIGIN: ${origin}`]);
    const service = stack.services.get('reference-api');
    assert.ok(service);
    const layout = {
      stateDirectory: '/',
      path: (path: string) => path,
      text: (text: string) => text,
      port: (name: string) => (name === 'nginx' ? 20_001 : 20_002),
    };
    assert.deepEqual(originHere({ stack, service, layout }), here);
  });
