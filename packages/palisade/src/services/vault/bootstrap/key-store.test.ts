import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { inspect } from 'node:util';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { PalisadeError } from '../../../support/errors.ts';
import { Secret } from '../../../support/secret.ts';
import { openKeyStore } from './key-store.ts';
import { recipientOf } from './sealed-file.ts';

let base: string;
let identity: Secret;
let recipients: string[];
let count = 0;
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'palisade-keys-'));
  identity = new Secret(await generateIdentity());
  recipients = [await identityToRecipient(identity.reveal())];
});
after(() => rm(base, { recursive: true, force: true }));

const fresh = () => openKeyStore(join(base, `case-${++count}`));
const keys = {
  shares: [new Secret('canary-share-1'), new Secret('canary-share-2')],
  rootToken: new Secret('canary-root'),
};

const refuses = (call: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(call, (thrown: unknown) => {
    assert.ok(thrown instanceof PalisadeError);
    assert.equal(thrown.code, code);
    assert.doesNotMatch(inspect(thrown, { depth: 10, showHidden: true }), /canary|AGE-SECRET/);
    return true;
  });

test('gives back what it recorded, to the identity alone', async () => {
  const store = await fresh();
  await store.writeIntent({ recipients, shares: 2, threshold: 1 });
  assert.deepEqual(await store.intent(), { recipients, shares: 2, threshold: 1 });
  await store.record({ recipients, shares: 2, threshold: 1 }, keys);
  assert.equal(await store.intent(), undefined);
  assert.deepEqual(
    (await store.shares(identity)).map((share) => share.reveal()),
    ['canary-share-1', 'canary-share-2'],
  );
  assert.equal((await store.rootToken(identity))?.reveal(), 'canary-root');
  await refuses(store.shares(new Secret(await generateIdentity())), 'vault-bootstrap/identity-wrong');
  await refuses(store.shares(new Secret('AGE-SECRET-KEY-1CANARY')), 'vault-bootstrap/identity-wrong');
});

test('writes no key in plain text, and each file for its owner alone', async () => {
  const store = await fresh();
  await store.record({ recipients, shares: 2, threshold: 1 }, keys);
  await store.writeOperator({ roleId: 'role', secretId: new Secret('own'), accessor: 'accessor' });
  const names = await readdir(store.directory);
  assert.deepEqual(names.toSorted(), ['custody.json', 'operator.json', 'root-token.age', 'shares.age']);
  for (const name of names) {
    assert.doesNotMatch(await readFile(join(store.directory, name), 'utf8'), /canary/);
    assert.equal((await stat(join(store.directory, name))).mode & 0o777, 0o600);
  }
  assert.equal((await stat(store.directory)).mode & 0o777, 0o700);
});

test('opens an identity file as age-keygen writes it', async () => {
  const store = await fresh();
  await store.record({ recipients, shares: 2, threshold: 1 }, keys);
  const file = new Secret(`# created: today\n# public key: ${recipients[0]}\n${identity.reveal()}\n`);
  assert.equal((await store.shares(file)).length, 2);
});

test('says that a file is damaged without quoting it', async () => {
  const store = await fresh();
  await writeFile(join(store.directory, 'operator.json'), '{"roleId":"canary","secretId":7}');
  await refuses(store.operator(), 'vault-bootstrap/keys-damaged');
  await writeFile(join(store.directory, 'custody.json'), '{"recipients":[],"canary":1}');
  await refuses(store.custody(), 'vault-bootstrap/keys-damaged');
  await writeFile(join(store.directory, 'shares.age'), 'canary');
  await refuses(store.shares(identity), 'vault-bootstrap/identity-wrong');
});

test('does not count as recorded before the last of its files is written', async () => {
  const store = await fresh();
  await store.writeIntent({ recipients, shares: 2, threshold: 1 });
  await store.record({ recipients, shares: 2, threshold: 1 }, keys);
  await rm(join(store.directory, 'custody.json'));
  assert.equal(await store.custody(), undefined);
});

test('makes a demo identity once, and it opens what is sealed for it', async () => {
  const store = await fresh();
  assert.equal(await store.demoIdentity(), undefined);
  const recipient = await store.makeDemoIdentity();
  assert.equal(await store.makeDemoIdentity(), recipient);
  await store.record({ recipients: [recipient], shares: 2, threshold: 1 }, keys);
  const demo = await store.demoIdentity();
  assert.ok(demo !== undefined);
  assert.equal((await store.shares(demo)).length, 2);
});

test('knows the recipient of an identity file, and what is none', async () => {
  assert.deepEqual([await recipientOf(new Secret(`# made today\n${identity.reveal()}\n`))], recipients);
  await refuses(recipientOf(new Secret('AGE-SECRET-KEY-1CANARY')), 'vault-bootstrap/identity-wrong');
  await refuses(recipientOf(new Secret('')), 'vault-bootstrap/identity-wrong');
});

test('forgets the root token when told', async () => {
  const store = await fresh();
  await store.record({ recipients, shares: 2, threshold: 1 }, keys);
  assert.equal(await store.hasRootToken(), true);
  await store.deleteRootToken();
  assert.equal(await store.hasRootToken(), false);
  assert.equal(await store.rootToken(identity), undefined);
});
