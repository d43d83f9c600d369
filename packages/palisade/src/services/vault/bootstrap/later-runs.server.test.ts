import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { Secret, type VaultClient } from '@palisade/vault';
import { generateIdentity } from 'age-encryption';
import { z } from 'zod';
import {
  type BootstrappedServer,
  startBootstrappedServer,
  stepsDone,
} from '../../../../test/vault-bootstrap/bootstrapped.ts';
import { deliveredTo, goal, goalWith } from '../../../../test/vault-bootstrap/example.ts';
import { makeRootToken } from '../../../../test/vault-bootstrap/root-token.ts';
import { unsealVault } from './bootstrap.ts';

let vault: BootstrappedServer;
before(async () => {
  vault = await startBootstrappedServer();
});
after(() => vault.close());

const versions = (client: VaultClient) => Promise.all(goal.secrets.map(({ path }) => client.kv2().metadata(path)));

const auditRecord = z.object({ type: z.string(), request: z.object({ operation: z.string(), path: z.string() }) });

/** Paths that were asked to change in the lines of a log of requests. */
const writtenIn = (log: string): readonly string[] =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => auditRecord.parse(JSON.parse(line)))
    .flatMap(({ type, request: { operation, path } }) =>
      type === 'request' && operation !== 'read' && operation !== 'list' ? [path] : [],
    );

/** What is an update to the server, and changes nothing but the life of the caller's own token. */
const harmless =
  /^(auth\/approle\/login|auth\/token\/revoke-self|sys\/capabilities-self|auth\/approle\/role\/[a-z-]+\/secret-id(-accessor)?\/lookup)$/;

test('finds nothing to do the second time, with the login of the operator alone, and writes nothing', async () => {
  const { places, server } = vault.example;
  const earlier = await vault.asOperator(versions);
  const logged = (await readFile(server.auditFile, 'utf8')).length;
  const files = await readdir(places.state);
  assert.deepEqual(stepsDone(await vault.bootstrapAgain()), []);
  const written = writtenIn((await readFile(server.auditFile, 'utf8')).slice(logged));
  assert.ok(written.length > 0);
  assert.deepEqual(
    written.filter((path) => !harmless.test(path)),
    [],
  );
  assert.deepEqual(await vault.asOperator(versions), earlier);
  assert.deepEqual(await readdir(places.state), files);
});

test('opens a sealed server with the identity, and with no other', async () => {
  const { places, server } = vault.example;
  await server.kill();
  await server.start();
  assert.equal(await vault.codeOf(vault.bootstrapAgain()), 'vault-bootstrap/identity-needed');
  await vault.anonymously(async (client) => {
    const options = { client, stateDirectory: places.state, signal: AbortSignal.timeout(60_000) };
    assert.equal(await vault.codeOf(unsealVault(options)), 'vault-bootstrap/identity-needed');
    const stranger = new Secret(await generateIdentity());
    assert.equal(await vault.codeOf(unsealVault({ ...options, identity: stranger })), 'vault-bootstrap/identity-wrong');
    assert.equal(await unsealVault({ ...options, identity: vault.identity }), 'done');
    assert.equal(await unsealVault(options), 'unchanged');
  });
});

test('asks for an identity where the operator may not do what is left to do, then makes a root token and ends it', async () => {
  const { identity } = vault;
  const larger = { goal: goalWith('redis') };
  assert.equal(await vault.codeOf(vault.bootstrapAgain(larger)), 'vault-bootstrap/identity-needed');
  assert.deepEqual(stepsDone(await vault.bootstrapAgain({ ...larger, identity })), [
    'policies',
    'AppRole roles',
    'secrets',
    'deliveries',
    'root token',
  ]);
  assert.equal(await vault.store.hasRootToken(), false);
  assert.ok(vault.progress.some((line) => line.includes('making a root token')));
  await vault.asService('redis', async (client) =>
    assert.ok((await client.kv2().read('redis'))?.fields.get('password')),
  );
  assert.deepEqual(stepsDone(await vault.bootstrapAgain(larger)), []);
  // Back to the smaller goal: the operator's policy shrinks, which takes a root token as well.
  assert.equal(await vault.codeOf(vault.bootstrapAgain()), 'vault-bootstrap/identity-needed');
  await vault.bootstrapAgain({ identity });
});

test('delivers again where a delivery was lost, and ends the secret-id that was lost', async () => {
  const { places } = vault.example;
  const lost = await deliveredTo(places, 'reference-api');
  assert.ok(lost !== undefined);
  await writeFile(join(places.deliveries, 'reference-api', 'secret-id'), 'damaged');
  assert.deepEqual(stepsDone(await vault.bootstrapAgain()), ['deliveries']);
  await vault.asService('reference-api', async (client) => assert.ok(await client.token.lookupSelf()));
  assert.equal(await vault.codeOf(vault.as(lost, async () => undefined)), 'vault/invalid-credentials');
  const left = await vault.asOperator((client) => client.approle().listSecretIds('reference-api'));
  assert.equal(left.length, 1);
});

test('repairs what somebody loosened with a root token, and ends that token', async () => {
  const { identity } = vault;
  const shares = await vault.store.shares(identity);
  // What two holders of shares can do together with the operator, as an intruder or a hurried colleague would.
  const stray = await vault.asOperator((client) => makeRootToken(client, shares));
  vault.keepSecret(stray);
  await vault.anonymously(async (client) => {
    const root = client.withToken(stray);
    await root.sys.writePolicy('postgres-policy', 'path "secret/*" { capabilities = ["read"] }');
    await root.send({ method: 'POST', path: 'pki_int/roles/postgres-server', body: { allow_any_name: true } });
    const role = await root.approle().readRole('postgres');
    assert.ok(role !== undefined);
    const loosened = { ...role, secretIdTtl: 0, tokenBoundCidrs: [], secretIdBoundCidrs: [] };
    await root.approle().writeRole('postgres', loosened);
    assert.equal(await vault.codeOf(vault.bootstrapAgain()), 'vault-bootstrap/identity-needed');
    assert.deepEqual(stepsDone(await vault.bootstrapAgain({ identity })), [
      'certificate roles',
      'policies',
      'AppRole roles',
      'root token',
    ]);
    assert.equal(await vault.codeOf(root.token.lookupSelf()), 'vault/permission-denied');
  });
});

test('writes no secret where it does not belong, in all of this', () => vault.assertNothingShown());
