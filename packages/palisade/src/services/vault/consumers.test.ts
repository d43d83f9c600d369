import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';

import type { ServiceKind } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { loadStack } from '../../model/index.ts';
import { makeProject } from '../../testing/host-process.ts';
import { consumerRemedy, switchability } from './consumers.ts';
import { kind } from './index.ts';
import { tokenPlaces, tokensInStack } from './tokens.ts';

const redis: ServiceKind = {
  id: 'redis',
  title: 'Redis',
  matches: ({ image }) => (image === 'redis' ? 2 : 0),
  ports: {},
  storesData: true,
  capabilities: [],
  writablePaths: [],
};

const load = async (compose: string): Promise<Stack> => {
  const directory = await makeProject({ 'compose.yaml': compose });
  try {
    return await loadStack({ directory, kinds: [kind, redis], environment: { HOME: '/home/user' } });
  } finally {
    await rm(directory, { recursive: true });
  }
};

const serviceOf = (stack: Stack, name: string): Service =>
  stack.services.get(name) ?? assert.fail(`no service ${name}`);

const compose = `services:
  secrets:
    image: openbao/openbao:2.4.1
    command: [server]
  cache:
    image: redis:7
    environment:
      VAULT_ADDR: http://secrets:8200
      VAULT_TOKEN: canary-1
      BAO_TOKEN: canary-2
      SESSION_TOKEN: not-of-vault
    volumes:
      - ./redis.conf:/redis.conf:ro
      - ~/.config/vault/root-token:/root-token:ro
  own:
    image: example/own:1
    environment:
      VAULT_TOKEN: canary-1
  ready:
    image: example/ready:1
    environment:
      VAULT_TOKEN: canary-1
      VAULT_ROLE_ID_FILE: /run/secrets/ready-role-id
`;

describe('a service with a token of Vault', () => {
  it('is switched where its kind is a server or it has a role-id already, and left alone otherwise', async () => {
    const stack = await load(compose);
    const application = { ...serviceOf(stack, 'own'), kind: 'http-api' };
    assert.equal(switchability(application).switchable, false);
    const posture = { value: 'development', at: application.at };
    assert.equal(
      switchability({ ...application, environment: new Map([['REFERENCE_API_POSTURE', posture]]) }).switchable,
      true,
    );
    assert.deepEqual(
      ['cache', 'own', 'ready'].map((name) => switchability(serviceOf(stack, name)).switchable),
      [true, false, true],
    );
    assert.deepEqual(consumerRemedy(stack, serviceOf(stack, 'own')), []);
  });

  it('loses every token and mount of one, and gains an AppRole over verified TLS', async () => {
    const stack = await load(compose);
    const edits = consumerRemedy(stack, serviceOf(stack, 'cache'));
    const done = edits.map(({ path, edit }) => `${edit.op} ${path.join('.')}`);
    for (const expected of [
      'remove services.cache.environment.VAULT_TOKEN',
      'remove services.cache.environment.BAO_TOKEN',
      'remove services.cache.volumes.1',
      'set services.cache.environment.VAULT_ADDR',
      'set services.cache.environment.VAULT_CACERT',
      'set services.cache.environment.VAULT_ROLE_ID_FILE',
      'set services.cache.environment.VAULT_SECRET_ID_FILE',
      'set secrets.cache-role-id',
      'set secrets.cache-secret-id',
      'append services.cache.secrets',
      'append services.cache.volumes',
    ])
      assert.ok(done.includes(expected), `${expected} is missing from ${done.join(', ')}`);
    assert.equal(new Set(done.filter((each) => each.startsWith('remove'))).size, 3);
    const address = edits.find(({ path }) => path.at(-1) === 'VAULT_ADDR');
    assert.deepEqual(address?.edit, { op: 'set', value: 'https://secrets:8200' });
    assert.ok(!JSON.stringify(edits).includes('SESSION_TOKEN'));
  });

  it('has no remedy where the stack has no Vault to log in to', async () => {
    const stack = await load('services:\n  cache:\n    image: redis:7\n    environment:\n      VAULT_TOKEN: x\n');
    assert.deepEqual(consumerRemedy(stack, serviceOf(stack, 'cache')), []);
  });
});

describe('tokens of a stack', () => {
  it('are found in every form, each value once, and print as nothing', async () => {
    const stack = await load(compose);
    assert.deepEqual(
      tokenPlaces(stack, serviceOf(stack, 'cache')).map(({ form, name }) => [form, name]),
      [
        ['environment', 'VAULT_TOKEN'],
        ['environment', 'BAO_TOKEN'],
        ['file', '/root-token'],
      ],
    );
    const tokens = tokensInStack(stack);
    assert.deepEqual(
      tokens.map(({ origin }) => origin),
      ['cache VAULT_TOKEN', 'cache BAO_TOKEN'],
    );
    assert.ok(!JSON.stringify(tokens).includes('canary'));
  });
});
