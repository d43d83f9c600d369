import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Stack } from '../../contracts/stack.ts';
import { systemContext } from '../context.ts';
import { openProject } from '../project.ts';
import { formerCredentialsOf } from './former-credentials.ts';

const context = systemContext(new AbortController().signal, () => undefined);

const stackOf = async (text: string): Promise<Stack> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-former-'));
  try {
    writeFileSync(join(directory, 'compose.yaml'), text);
    return await openProject({ directory }, context);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const loginsOf = (stack: Stack): readonly string[] =>
  formerCredentialsOf(stack)
    .logins.map(({ service, username, password }) => `${service} ${username}:${password.reveal()}`)
    .toSorted();

test('gives the next posture every login that the files of this one hold, whatever the kind', async () => {
  const stack = await stackOf(`
services:
  vault: { image: "hashicorp/vault:1.20", environment: { VAULT_DEV_ROOT_TOKEN_ID: root } }
  postgres: { image: "postgres:17", environment: { POSTGRES_USER: dev, POSTGRES_PASSWORD: pg } }
  mysql: { image: "mysql:8.4", environment: { MYSQL_ROOT_PASSWORD: top, MYSQL_USER: shop, MYSQL_PASSWORD: my } }
  redis: { image: "redis:7.4", command: redis-server --requirepass re }
  rabbitmq: { image: "rabbitmq:4.1", environment: { RABBITMQ_DEFAULT_USER: mq, RABBITMQ_DEFAULT_PASS: ra } }
  mongodb: { image: "mongo:8.0", environment: { MONGO_INITDB_ROOT_USERNAME: boss, MONGO_INITDB_ROOT_PASSWORD: mo } }
  app:
    image: node:24
    environment:
      VAULT_TOKEN: hvs.other
      DATABASE_URL: postgres://reader:pa@postgres:5432/app
      AMQP_URL: amqp://caller:am@rabbitmq:5672/
      REDIS_URL: redis://cache:ca@redis:6379
`);
  assert.deepEqual(loginsOf(stack), [
    'mongodb boss:mo',
    'mysql root:top',
    'mysql shop:my',
    'postgres dev:pg',
    'postgres reader:pa',
    'rabbitmq caller:am',
    'rabbitmq mq:ra',
    'redis cache:ca',
    'redis default:re',
  ]);
  assert.deepEqual(
    formerCredentialsOf(stack).tokens.map((token) => token.reveal()),
    ['root', 'hvs.other'],
  );
});

test('knows the logins of servers of which the files say nothing', async () => {
  const stack = await stackOf(`
services:
  redis: { image: "redis:7.4" }
  rabbitmq: { image: "rabbitmq:4.1" }
`);
  assert.deepEqual(loginsOf(stack), ['rabbitmq guest:guest', 'redis default:']);
});

test('shows no secret when it is written out', async () => {
  const stack = await stackOf(
    'services: { postgres: { image: "postgres:17", environment: { POSTGRES_PASSWORD: canary } } }',
  );
  assert.doesNotMatch(JSON.stringify(formerCredentialsOf(stack)), /canary/);
});
