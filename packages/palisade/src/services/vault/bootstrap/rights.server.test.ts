import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { Secret, type VaultClient } from '@palisade/vault';
import { type BootstrappedServer, startBootstrappedServer } from '../../../../test/vault-bootstrap/bootstrapped.ts';
import { goal } from '../../../../test/vault-bootstrap/example.ts';

let vault: BootstrappedServer;
before(async () => {
  vault = await startBootstrappedServer();
});
after(() => vault.close());

const assertDenied = async (call: Promise<unknown>, what?: string): Promise<void> =>
  assert.equal(await vault.codeOf(call), 'vault/permission-denied', what);

test('lets each service read exactly its own entries', async () => {
  for (const service of ['postgres', 'reference-api'])
    await vault.asService(service, async (client) => {
      for (const { path, readers } of goal.secrets)
        if (readers.includes(service)) assert.ok((await client.kv2().read(path)) !== undefined);
        else await assertDenied(client.kv2().read(path), `${service} reads ${path}`);
      for (const path of ['other', 'postgres/other', 'postgres-other'])
        await assertDenied(client.kv2().read(path), `${service} reads ${path}`);
      await assertDenied(client.kv2().write('postgres', { a: 'b' }));
      await assertDenied(client.kv2().list(''));
      await assertDenied(client.sys.mounts());
      const self = await client.token.lookupSelf();
      assert.deepEqual(self.policies, [`${service}-policy`]);
      assert.ok(self.ttl > 0 && self.ttl <= 3_600);
    });
});

test('lets one service keep an entry that nobody else comes to, the operator neither', async () => {
  const path = 'reference-api/signing-keys';
  await vault.asService('reference-api', async (client) => {
    await client.kv2().write(path, { keys: new Secret('first') }, { checkAndSet: 0 });
    await client.kv2().write(path, { keys: new Secret('second') }, { checkAndSet: 1 });
    assert.equal((await client.kv2().read(path))?.fields.get('keys')?.reveal(), 'second');
    await assertDenied(client.kv2().read(`${path}/below`));
  });
  const stranger = async (client: VaultClient): Promise<void> => {
    await assertDenied(client.kv2().read(path));
    await assertDenied(client.kv2().write(path, { keys: new Secret('third') }));
  };
  await vault.asService('postgres', stranger);
  await vault.asOperator(stranger);
});

test('lets one service have things signed by a key that it cannot take, and publishes its public half', async () => {
  const key = 'reference-api-audit';
  const bytes = Buffer.from('a checkpoint');
  const signature = await vault.asService('reference-api', async (client) => {
    await assertDenied(client.transit().publicKeys(key));
    for (const path of [`transit/export/signing-key/${key}`, `transit/backup/${key}`])
      await assertDenied(client.send({ method: 'GET', path }), path);
    return client.transit().sign(key, bytes);
  });
  const stranger = (client: VaultClient): Promise<void> => assertDenied(client.transit().sign(key, bytes));
  await vault.asService('postgres', stranger);
  await vault.asOperator(stranger);
  const published = await readFile(join(vault.example.places.publicKeys, `${key}-1.pem`), 'utf8');
  const value = Buffer.from(signature.replace('vault:v1:', ''), 'base64');
  assert.ok(verify(null, bytes, createPublicKey(published), value));
});

test('lets the operator do its work, and give itself or others no more', async () => {
  await vault.asOperator(async (client) => {
    await assertDenied(client.sys.writePolicy('palisade-operator-policy', 'path "*" { capabilities = ["sudo"] }'));
    await assertDenied(client.sys.writePolicy('mine', 'path "a" { capabilities = ["read"] }'));
    await assertDenied(client.sys.enableMount('mine', { type: 'kv' }));
    const role = await client.approle().readRole('postgres');
    assert.ok(role !== undefined);
    await assertDenied(client.approle().writeRole('postgres', { ...role, policies: ['root'] }));
    await assertDenied(client.kv2().read('other'));
    // A secret-id leaves the server wrapped, or not at all.
    await assertDenied(client.approle().createSecretId('postgres', {}));
    assert.equal((await client.sys.auditDevices()).size, 2);
    assert.ok((await client.kv2().read('postgres'))?.fields.get('password'));
  });
});

test('writes no secret where it does not belong', () => vault.assertNothingShown());
