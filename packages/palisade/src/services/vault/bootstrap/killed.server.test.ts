import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Secret, createVaultClient } from '@palisade/vault';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { authoritiesOf, readBundle } from './bundle.ts';
import { bootstrapVault } from './bootstrap.ts';
import { certificatesOf } from './certificate.ts';
import { stepsDone } from '../../../../test/vault-bootstrap/bootstrapped.ts';
import {
  type Places,
  deliveredTo,
  goal,
  goalWith,
  optionsFor,
  startExample,
} from '../../../../test/vault-bootstrap/example.ts';
import { makeRootToken } from '../../../../test/vault-bootstrap/root-token.ts';
import { openKeyStore } from './key-store.ts';
import { operatorRole } from './policy.ts';

const program = fileURLToPath(new URL('../../../../test/vault-bootstrap/killed.ts', import.meta.url));

/** Exit code of a program, or the name of the signal that ended it; with what it said on standard error. */
const runProgram = (args: readonly string[]): Promise<{ readonly end: number | string; readonly said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=palisade-source', program, ...args], {
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ end: code ?? signal ?? -1, said: Buffer.concat(said).toString('utf8') }),
    );
  });

const started = async () => {
  const example = await startExample();
  const identity = await generateIdentity();
  const identityFile = join(example.server.directory, 'identity.txt');
  await writeFile(identityFile, `# made for a test\n${identity}\n`, { mode: 0o600 });
  const recipient = await identityToRecipient(identity);
  const runUntil = async (writes: number, service = ''): Promise<number | string> => {
    const { end, said } = await runProgram([
      example.server.directory,
      example.server.address,
      String(example.server.processId()),
      identityFile,
      recipient,
      String(writes),
      service,
    ]);
    assert.ok([0, 70, 'SIGKILL'].includes(end), `ended with ${end}: ${said}`);
    if (end === 70) await example.runtime.setAside();
    return end;
  };
  return { ...example, identity: new Secret(identity), recipient, runUntil };
};

/** Everything is there, nothing is there twice, and no token of a killed run is left that could do harm. */
const assertFinished = async ({ places, runtime, recipient }: Awaited<ReturnType<typeof started>>): Promise<void> => {
  const report = await bootstrapVault(optionsFor(places, runtime, { recipients: [recipient] }));
  assert.deepEqual(stepsDone(report), []);
  const store = await openKeyStore(places.state);
  assert.equal(await store.hasRootToken(), false);
  assert.equal(await store.intent(), undefined);
  const client = createVaultClient({ address: places.address, authorities: await readFile(places.authority, 'utf8') });
  try {
    const credential = await store.operator();
    assert.ok(credential !== undefined);
    const { token } = await client.approle().login(credential.roleId, credential.secretId);
    const operator = client.withToken(token);
    for (const role of ['postgres', 'reference-api', operatorRole])
      assert.equal((await operator.approle().listSecretIds(role)).length, 1, role);
    for (const secret of goal.secrets) assert.equal((await operator.kv2().metadata(secret.path))?.currentVersion, 1);
    assert.equal((await operator.pki('pki').listIssuers()).length, 1);
    await operator.token.revokeSelf();
    for (const service of ['postgres', 'reference-api']) {
      const held = await deliveredTo(places, service);
      assert.ok(held !== undefined);
      const grant = await client.approle().login(held.roleId, held.secretId);
      assert.ok((await client.withToken(grant.token).kv2().read('postgres/reference-api')) !== undefined);
    }
    const [leaf] = certificatesOf((await readBundle(places.listener))?.certificate ?? '');
    assert.equal(leaf?.issuer, 'CN=Palisade intermediate');
    assert.equal((await authoritiesOf(places.listener)).match(/BEGIN CERTIFICATE/g)?.length, 1);
  } finally {
    await client.close();
  }
};

test('finishes after it was killed again and again, each time a write later', async () => {
  const killed = await started();
  try {
    let kills = 0;
    for (let writes = 1; ; writes++) {
      const end = await killed.runUntil(writes);
      if (end === 0) break;
      if (end === 'SIGKILL') kills += 1;
      assert.ok(writes < 60, 'makes no progress');
    }
    assert.ok(kills >= 5, `killed ${kills} times`);
    await assertFinished(killed);
  } finally {
    await killed.server.close();
  }
});

test('moves an empty server away whose keys were lost between its answer and the record', async () => {
  const killed = await started();
  try {
    assert.equal(await killed.runUntil(1), 'SIGKILL');
    const store = await openKeyStore(killed.places.state);
    assert.ok((await store.intent()) !== undefined);
    assert.equal(await store.custody(), undefined);
    // As if it had been killed a little later: the keys count as recorded when the last of the files is written.
    await writeFile(join(killed.places.state, 'root-token.age'), 'of the lost server');
    await writeFile(join(killed.places.state, 'shares.age'), 'of the lost server');
    assert.equal(await killed.runUntil(0), 70);
    assert.equal(await killed.runUntil(0), 0);
    await assertFinished(killed);
  } finally {
    await killed.server.close();
  }
});

test('finishes what takes a root token from the shares, and leaves none, wherever it was killed', async () => {
  const killed = await started();
  const { places, runtime, recipient, identity, runUntil } = killed;
  const options = optionsFor(places, runtime, { recipients: [recipient], goal: goalWith('redis') });
  try {
    await bootstrapVault(optionsFor(places, runtime, { recipients: [recipient] }));
    let kills = 0;
    while ((await runUntil(kills + 1, 'redis')) === 'SIGKILL') {
      kills += 1;
      assert.ok(kills < 40, 'makes no progress');
    }
    assert.ok(kills >= 5, `killed ${kills} times`);
    const report = await bootstrapVault(options);
    assert.deepEqual(stepsDone(report), []);
    assert.equal(await (await openKeyStore(places.state)).hasRootToken(), false);
    assert.equal(await countRootTokens(places, identity), 1);
  } finally {
    await killed.server.close();
  }
});

/** Root tokens that are alive, with the one that is made for the counting. */
const countRootTokens = async (places: Places, identity: Secret): Promise<number> => {
  const store = await openKeyStore(places.state);
  const client = createVaultClient({ address: places.address, authorities: await readFile(places.authority, 'utf8') });
  try {
    const credential = await store.operator();
    assert.ok(credential !== undefined);
    const { token } = await client.approle().login(credential.roleId, credential.secretId);
    const root = client.withToken(await makeRootToken(client.withToken(token), await store.shares(identity)));
    const known = await Promise.all((await root.token.accessors()).map((one) => root.token.lookupAccessor(one)));
    return known.filter((one) => one.policies.includes('root')).length;
  } finally {
    await client.close();
  }
};
