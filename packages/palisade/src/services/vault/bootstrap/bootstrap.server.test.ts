import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { Secret } from '@palisade/vault';
import { generateIdentity } from 'age-encryption';
import { startDevelopmentServer } from '../../../../../vault/test/server.ts';
import { type BootstrappedServer, startBootstrappedServer } from '../../../../test/vault-bootstrap/bootstrapped.ts';
import { authoritiesOf } from './bundle.ts';

let vault: BootstrappedServer;

before(async () => {
  const development = await startDevelopmentServer();
  try {
    await development.client.kv2().write('postgres/reference-api', {
      password: 'development',
      username: 'dev',
      schema: 'kept',
      api_key: 'kept too',
    });
    vault = await startBootstrappedServer({ migrate: development.client });
  } finally {
    await development.close();
  }
});
after(() => vault.close());

test('has something to do in every step but the one that the configuration has done', () => {
  assert.deepEqual(
    vault.report.steps.filter(({ outcome }) => outcome === 'unchanged').map(({ step }) => step),
    ['audit devices'],
  );
});

test('leaves no root token: the one of the beginning is refused and its file is gone', async () => {
  await vault.anonymously(async (client) => {
    const { rootToken } = vault.handedOut;
    assert.equal(await vault.codeOf(client.withToken(rootToken).token.lookupSelf()), 'vault/permission-denied');
  });
  assert.equal(await vault.store.hasRootToken(), false);
});

test('takes over what the development server knew, except what is to be generated', async () => {
  const entry = await vault.asOperator((client) => client.kv2().read('postgres/reference-api'));
  const field = (name: string): string => entry?.fields.get(name)?.reveal() ?? '';
  assert.equal(field('schema'), 'kept');
  assert.equal(field('api_key'), 'kept too');
  assert.equal(field('username'), 'reference-api');
  assert.equal(Buffer.from(field('password'), 'base64url').length, 32);
});

test('presents a certificate of its PKI, and the stand-in is trusted no more', async () => {
  const { places } = vault.example;
  const authority = await readFile(places.authority, 'utf8');
  await vault.anonymously(async (client) => assert.equal((await client.sys.health()).health, 'active'), authority);
  assert.equal((await authoritiesOf(places.listener)).trim(), authority.trim());
});

test('gives the shares to the recipients and to nobody else', async () => {
  const shares = await vault.store.shares(vault.identity);
  assert.deepEqual(
    shares.map((share) => share.reveal()),
    vault.handedOut.shares.map((share) => share.reveal()),
  );
  const stranger = new Secret(await generateIdentity());
  vault.keepSecret(stranger);
  assert.equal(await vault.codeOf(vault.store.shares(stranger)), 'vault-bootstrap/identity-wrong');
  assert.equal(await vault.store.demoIdentity(), undefined);
});

test('writes no secret where it does not belong', () => vault.assertNothingShown());
