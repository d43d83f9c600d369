import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type VaultClient, createVaultClient } from '@palisade/vault';
import { type Clock, systemClock } from '../../../support/clock.ts';
import { PalisadeError } from '../../../support/errors.ts';
import { bootstrapVault } from './bootstrap.ts';
import { authoritiesOf, readBundle } from './bundle.ts';
import { issueCertificate } from './certificate.ts';
import { optionsFor, startExample } from '../../../../test/vault-bootstrap/example.ts';
import { openKeyStore } from './key-store.ts';
import { bootstrapListenerCertificate, renewListener } from './listener.ts';

let example: Awaited<ReturnType<typeof startExample>>;
let client: VaultClient;
let operator: VaultClient;
let count = 0;
before(async () => {
  example = await startExample();
  await bootstrapVault(optionsFor(example.places, example.runtime));
  client = createVaultClient({
    address: example.places.address,
    authorities: await authoritiesOf(example.places.listener),
  });
  const credential = await (await openKeyStore(example.places.state)).operator();
  assert.ok(credential !== undefined);
  operator = client.withToken((await client.approle().login(credential.roleId, credential.secretId)).token);
});
after(async () => {
  await client.close();
  await example.server.close();
});

const fresh = (): string => join(example.server.directory, `case-${++count}`);
const wanted = {
  role: 'postgres-server',
  usage: 'server',
  commonName: 'postgres',
  alternativeNames: ['postgres', 'localhost'],
  expects: { remainingLife: 1 / 3 },
} as const;
const day = 86_400_000;
/** The machine's clock, put forward. */
const later = (milliseconds: number): Clock => ({ ...systemClock, now: () => systemClock.now() + milliseconds });

const refuses = (call: Promise<unknown>, part: RegExp): Promise<void> =>
  assert.rejects(call, (thrown: unknown) => {
    assert.ok(thrown instanceof PalisadeError);
    assert.equal(thrown.code, 'vault-bootstrap/certificate-wrong');
    assert.match(thrown.message, part);
    return true;
  });

test('issues a certificate once, for its names and usage, with its chain and a key that only its owner reads', async () => {
  const directory = fresh();
  const first = await issueCertificate(operator, wanted, directory);
  assert.equal(first.outcome, 'done');
  const again = await issueCertificate(operator, wanted, directory);
  assert.deepEqual(again, { ...first, outcome: 'unchanged' });
  const chain = (await readFile(join(directory, 'cert.pem'), 'utf8'))
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((one) => one !== '');
  assert.equal(chain.length, 2);
  const leaf = new X509Certificate(chain[0] ?? '');
  const root = new X509Certificate(await readFile(join(directory, 'ca.pem')));
  assert.equal(leaf.serialNumber, first.serial);
  assert.equal(leaf.subjectAltName, 'DNS:postgres, DNS:localhost');
  assert.ok(new X509Certificate(chain[1] ?? '').checkIssued(root));
  assert.ok(Math.abs(first.expiresAt - Date.now() - 30 * day) < 60_000);
  assert.equal((await stat(join(directory, 'key.pem'))).mode & 0o777, 0o600);
});

test('issues a client certificate with the common name alone', async () => {
  const directory = fresh();
  await issueCertificate(
    operator,
    { ...wanted, role: 'reference-api-client', usage: 'client', commonName: 'reference-api', alternativeNames: [] },
    directory,
  );
  const leaf = new X509Certificate(await readFile(join(directory, 'cert.pem')));
  assert.equal(leaf.subject, 'CN=reference-api');
  assert.equal(leaf.subjectAltName, undefined);
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.2']);
});

test('replaces key and certificate when less of its life is left than asked for', async () => {
  const directory = fresh();
  await issueCertificate(operator, wanted, directory);
  const key = (await readBundle(directory))?.key;
  assert.equal((await issueCertificate(operator, wanted, directory, { clock: later(19 * day) })).outcome, 'unchanged');
  // Its clock says 21 days later, the server's does not: what is issued has 9 days left by that clock.
  assert.equal((await issueCertificate(operator, wanted, directory, { clock: later(21 * day) })).outcome, 'done');
  assert.notEqual((await readBundle(directory))?.key, key);
});

test('replaces what was damaged, swapped or made for other names', async () => {
  const directory = fresh();
  const other = fresh();
  await issueCertificate(operator, wanted, directory);
  await issueCertificate(operator, wanted, other);
  await writeFile(join(directory, 'key.pem'), (await readBundle(other))?.key ?? '');
  assert.equal((await issueCertificate(operator, wanted, directory)).outcome, 'done');
  await writeFile(join(directory, 'cert.pem'), 'damaged');
  assert.equal((await issueCertificate(operator, wanted, directory)).outcome, 'done');
  await writeFile(join(directory, 'ca.pem'), 'damaged');
  assert.equal((await issueCertificate(operator, wanted, directory)).outcome, 'done');
  assert.equal(
    (await issueCertificate(operator, { ...wanted, alternativeNames: ['postgres'] }, directory)).outcome,
    'done',
  );
  assert.equal(
    (await issueCertificate(operator, { ...wanted, alternativeNames: ['postgres'] }, directory)).outcome,
    'unchanged',
  );
});

test('installs nothing where the PKI signs something else than asked for, or nothing', async () => {
  const directory = fresh();
  await refuses(issueCertificate(operator, { ...wanted, usage: 'client' }, directory), /another usage/);
  await assert.rejects(issueCertificate(operator, { ...wanted, alternativeNames: ['evil'] }, directory), /not allowed/);
  await assert.rejects(issueCertificate(operator, { ...wanted, role: 'mysql-server' }, directory), /permission denied/);
  assert.equal(await readBundle(directory), undefined);
});

test('renews the certificate of the listener without a restart, and says where the server does not take it', async () => {
  const { listener } = optionsFor(example.places, example.runtime);
  assert.ok(listener !== undefined);
  const before = (await readBundle(listener.directory))?.certificate;
  const context = { clock: later(21 * day), call: { signal: AbortSignal.timeout(30_000) } };
  assert.equal(await renewListener(operator, listener, context), true);
  assert.notEqual((await readBundle(listener.directory))?.certificate, before);
  assert.equal(await renewListener(operator, listener, { ...context, clock: systemClock }), false);
  let now = Date.now() + 21 * day;
  const hurried: Clock = { now: () => now, sleep: async (milliseconds) => void (now += 400 * milliseconds) };
  await assert.rejects(
    renewListener(operator, { ...listener, reload: async () => undefined }, { ...context, clock: hurried }),
    (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === 'vault-bootstrap/listener-not-reloaded',
  );
});

test('writes a stand-in for a listener once, and again when it has ended', async () => {
  const directory = fresh();
  const names = { commonName: 'vault', alternativeNames: ['vault', 'localhost'] };
  assert.equal(await bootstrapListenerCertificate(directory, names), 'done');
  assert.equal(await bootstrapListenerCertificate(directory, names), 'unchanged');
  assert.equal(await bootstrapListenerCertificate(directory, names, { clock: later(3 * day) }), 'done');
});
