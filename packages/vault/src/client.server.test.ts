import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { writeSelfSigned } from '../test/certificate.ts';
import { failsWith } from '../test/failures.ts';
import { startDevelopmentServer, startProductionServer } from '../test/server.ts';
import { secretIdOf } from './approle.ts';
import { createVaultClient } from './client.ts';
import { Secret } from './secret.ts';
import { createCertificateRequest } from './x509/certificate.ts';

let server: Awaited<ReturnType<typeof startDevelopmentServer>>;
before(async () => {
  server = await startDevelopmentServer();
  await server.client.sys.enableAuth('approle', 'approle');
});
after(() => server.close());

const role = {
  policies: ['nothing'],
  noDefaultPolicy: true,
  tokenTtl: 60,
  tokenMaxTtl: 120,
  tokenBoundCidrs: ['127.0.0.1/32'],
  secretIdTtl: 600,
  secretIdUses: 0,
  secretIdBoundCidrs: ['127.0.0.1/32'],
} as const;

test('keeps a secret in KV and lets nobody overwrite a version that they have not seen', async () => {
  const kv = server.client.kv2();
  assert.equal(await kv.read('app/password'), undefined);
  assert.equal(await kv.metadata('app/password'), undefined);
  const password = new Secret('canary-one');
  assert.equal(await kv.write('app/password', { username: 'app', password }, { checkAndSet: 0 }), 1);
  await failsWith(kv.write('app/password', { password }, { checkAndSet: 0 }), 'vault/check-and-set-mismatch', password);
  assert.equal(await kv.write('app/password', { password: new Secret('canary-two') }, { checkAndSet: 1 }), 2);
  assert.equal((await kv.read('app/password'))?.fields.get('password')?.reveal(), 'canary-two');
  assert.equal((await kv.read('app/password', { version: 1 }))?.fields.get('password')?.reveal(), 'canary-one');
  assert.deepEqual(await kv.list('app'), ['password']);
  assert.deepEqual(await kv.metadata('app/password'), { currentVersion: 2, readable: true });
  await kv.delete('app/password');
  assert.equal(await kv.read('app/password'), undefined);
  assert.deepEqual(await kv.metadata('app/password'), { currentVersion: 2, readable: false });
  await failsWith(kv.write('app/password', { password }, { checkAndSet: 0 }), 'vault/check-and-set-mismatch');
  assert.equal(await kv.write('app/password', { password }, { checkAndSet: 2 }), 3);
  await kv.destroyAll('app/password');
  assert.equal(await kv.metadata('app/password'), undefined);
  await failsWith(server.client.kv2('nowhere').read('a'), 'vault/not-found');
});

test('refuses a wrong secret-id with the code for credentials, and shows neither', async () => {
  const roles = server.client.approle();
  await roles.writeRole('reader', role);
  const roleId = await roles.readRoleId('reader');
  assert.ok(roleId !== undefined);
  const wrong = new Secret('canary-secret-id');
  await failsWith(roles.login(roleId, wrong), 'vault/invalid-credentials', wrong);
});

test('gives back the role that was written, names secret-ids by accessor, and finds none after destruction', async () => {
  const roles = server.client.approle();
  assert.equal(await roles.readRole('writer'), undefined);
  assert.equal(await roles.readRoleId('writer'), undefined);
  await roles.writeRole('writer', { ...role, tokenBoundCidrs: ['10.0.0.0/8'] });
  assert.deepEqual(await roles.readRole('writer'), { ...role, tokenBoundCidrs: ['10.0.0.0/8'] });
  await roles.setRoleId('writer', 'writer-of-the-test');
  assert.equal(await roles.readRoleId('writer'), 'writer-of-the-test');
  assert.ok((await roles.listRoles()).includes('writer'));
  assert.deepEqual(await roles.listSecretIds('writer'), []);
  const made = await roles.createSecretId('writer', { generation: '7' });
  assert.deepEqual(await roles.listSecretIds('writer'), [made.accessor]);
  assert.deepEqual(
    await roles.identifySecretId('writer', made.secretId),
    await roles.lookupSecretId('writer', made.accessor),
  );
  const known = await roles.lookupSecretId('writer', made.accessor);
  assert.equal(known?.metadata.get('generation'), '7');
  assert.ok(known.expiresAt !== undefined && Math.abs(known.expiresAt - known.createdAt - 600_000) < 2_000);
  await roles.destroySecretId('writer', made.accessor);
  assert.equal(await roles.lookupSecretId('writer', made.accessor), undefined);
  assert.equal(await roles.identifySecretId('writer', made.secretId), undefined);
});

test('lets no credential be used from an address that its role does not name', async () => {
  const roles = server.client.approle();
  await roles.writeRole('elsewhere', {
    ...role,
    secretIdBoundCidrs: ['10.0.0.0/8'],
    tokenBoundCidrs: ['10.0.0.0/8'],
  });
  await roles.setRoleId('elsewhere', 'elsewhere');
  const { secretId } = await roles.createSecretId('elsewhere', {});
  await failsWith(roles.login('elsewhere', secretId), 'vault/invalid-credentials', secretId);
});

test('unwraps once, after a look at where it comes from, and never after its time', async () => {
  const { wrapping } = server.client.sys;
  const roles = server.client.approle();
  await roles.writeRole('wrapped', role);
  const wrapped = await roles.createWrappedSecretId('wrapped', { generation: '1' }, 60);
  assert.equal(wrapped.creationPath, 'auth/approle/role/wrapped/secret-id');
  assert.equal((await wrapping.lookup(wrapped.token)).creationPath, wrapped.creationPath);
  const secretId = secretIdOf(await wrapping.unwrap(wrapped.token));
  assert.equal(secretId.accessor, wrapped.wrappedAccessor);
  const roleId = (await roles.readRoleId('wrapped')) ?? '';
  assert.equal((await roles.login(roleId, secretId.secretId)).ttl, 60);
  await failsWith(wrapping.unwrap(wrapped.token), 'vault/wrapping-token-invalid', wrapped.token);
  const short = await roles.createWrappedSecretId('wrapped', {}, 1);
  await wait(1_500);
  await failsWith(wrapping.lookup(short.token), 'vault/wrapping-token-invalid', short.token);
  await failsWith(wrapping.unwrap(short.token), 'vault/wrapping-token-invalid', short.token);
});

test('runs a PKI of root, intermediate and tight role', async () => {
  const { sys } = server.client;
  await sys.enableMount('pki', { type: 'pki', maxLeaseTtl: 87_600 * 3_600 });
  await sys.enableMount('pki_int', { type: 'pki' });
  await sys.tuneMount('pki_int', { maxLeaseTtl: 8_760 * 3_600 });
  assert.equal((await sys.mounts()).get('pki_int/')?.maxLeaseTtl, 8_760 * 3_600);
  const [root, intermediate] = [server.client.pki('pki'), server.client.pki('pki_int')];
  assert.deepEqual(await root.listIssuers(), []);
  assert.equal(await intermediate.caChain(), undefined);
  const certificate = await root.generateRoot({ commonName: 'Test root', ttl: 87_600 * 3_600, issuerName: 'root' });
  assert.equal((await root.readIssuer('root'))?.certificate.trim(), certificate.trim());
  const request = await intermediate.generateIntermediate({ commonName: 'Test intermediate' });
  const signed = await root.signIntermediate(request, { commonName: 'Test intermediate', ttl: 8_000 * 3_600 });
  const issuers = await intermediate.setSigned(`${signed.certificate}\n${certificate}`);
  assert.equal(issuers.length, 2);
  assert.match((await intermediate.caChain()) ?? '', /BEGIN CERTIFICATE[^]*BEGIN CERTIFICATE/);
  const definition = {
    allowedDomains: ['db'],
    allowLocalhost: true,
    allowIpAddresses: false,
    server: true,
    client: false,
    maxTtl: 720 * 3_600,
  };
  assert.equal(await intermediate.readRole('db-server'), undefined);
  await intermediate.writeRole('db-server', definition);
  assert.deepEqual(await intermediate.readRole('db-server'), { ...definition, tight: true });
  await server.client.send({ method: 'POST', path: 'pki_int/roles/db-server', body: { allow_any_name: true } });
  assert.equal((await intermediate.readRole('db-server'))?.tight, false);
  await intermediate.writeRole('db-server', definition);
  assert.deepEqual(await intermediate.listRoles(), ['db-server']);
  const { request: csr } = createCertificateRequest({ commonName: 'db', alternativeNames: ['db', 'localhost'] });
  const names = { csr, commonName: 'db', alternativeNames: ['db', 'localhost'], ttl: 3_600 };
  const leaf = await intermediate.sign('db-server', names);
  assert.equal(new X509Certificate(leaf.certificate).subjectAltName, 'DNS:db, DNS:localhost');
  assert.ok(new X509Certificate(leaf.certificate).checkIssued(new X509Certificate(leaf.issuer)));
  await intermediate.configureUrls({
    issuing: ['https://vault:8200/v1/pki_int/ca'],
    revocationLists: ['https://vault:8200/v1/pki_int/crl'],
  });
  const next = await intermediate.sign('db-server', names);
  assert.match(new X509Certificate(next.certificate).infoAccess ?? '', /vault:8200\/v1\/pki_int\/ca/);
  await intermediate.revoke(next.serial);
  await failsWith(intermediate.revoke('00:11'), 'vault/invalid-request');
  const greedy = createCertificateRequest({ commonName: 'db', alternativeNames: ['db', 'other'] }).request;
  await failsWith(intermediate.sign('db-server', { ...names, csr: greedy }), 'vault/invalid-request');
  const refused = await failsWith(
    intermediate.sign('db-server', { csr: 'not a request', commonName: 'db', alternativeNames: [], ttl: 60 }),
    'vault/invalid-request',
  );
  assert.match(refused.message, /POST pki_int\/sign\/db-server/);
});

test('signs with a key that never leaves the server', async () => {
  await server.client.sys.enableMount('transit', { type: 'transit' });
  const transit = server.client.transit();
  assert.equal(await transit.publicKeys('checkpoints'), undefined);
  await transit.createKey('checkpoints');
  await transit.createKey('checkpoints');
  const bytes = Buffer.from('a checkpoint');
  const signature = await transit.sign('checkpoints', bytes);
  assert.match(signature, /^vault:v1:/);
  assert.equal(await transit.verify('checkpoints', bytes, signature), true);
  assert.equal(await transit.verify('checkpoints', Buffer.from('another'), signature), false);
  const [[version, publicKey] = [0, '']] = (await transit.publicKeys('checkpoints')) ?? [];
  assert.equal(version, 1);
  assert.equal(Buffer.from(publicKey, 'base64').length, 32);
});

test('answers what a token may do, path by path, and refuses it the rest', async () => {
  const { sys } = server.client;
  await sys.writePolicy('one-path', 'path "secret/data/one" { capabilities = ["read"] }');
  assert.equal(await sys.readPolicy('one-path'), 'path "secret/data/one" { capabilities = ["read"] }');
  assert.equal(await sys.readPolicy('no-such'), undefined);
  await server.client.approle().writeRole('one-path', { ...role, policies: ['one-path'] });
  const roleId = (await server.client.approle().readRoleId('one-path')) ?? '';
  const { secretId } = await server.client.approle().createSecretId('one-path', {});
  const { token } = await server.client.approle().login(roleId, secretId);
  const own = server.client.withToken(token);
  await failsWith(own.kv2().read('two'), 'vault/permission-denied', token);
  await failsWith(own.sys.capabilitiesSelf(['secret/data/one']), 'vault/permission-denied', token);
  assert.deepEqual(
    [...(await server.client.sys.capabilitiesSelf(['secret/data/one', 'sys/seal']))],
    [
      ['secret/data/one', ['root']],
      ['sys/seal', ['root']],
    ],
  );
});

test('trusts the authority that it was given and no other, and says what state a server is in', async () => {
  const production = await startProductionServer({ listener: writeSelfSigned });
  const authorities = await readFile(`${production.directory}/listener.pem`, 'utf8');
  const other = await writeSelfSigned(production.directory, 'other');
  const client = createVaultClient({ address: production.address, authorities, retry: { attempts: 2, firstPause: 5 } });
  const distrustful = createVaultClient({
    address: production.address,
    authorities: await readFile(other.certificate, 'utf8'),
  });
  const misnamed = createVaultClient({ address: production.address.replace('localhost', '127.0.0.1'), authorities });
  try {
    const error = await failsWith(distrustful.sys.health(), 'vault/tls');
    assert.match(error.message, /SELF_SIGNED|UNABLE_TO/);
    assert.match((await failsWith(misnamed.sys.health(), 'vault/tls')).message, /ALTNAME/);
    assert.equal((await client.sys.health()).health, 'uninitialized');
    const { shares, rootToken } = await client.sys.init({ shares: 3, threshold: 2 });
    assert.equal(shares.length, 3);
    assert.equal((await client.sys.health()).health, 'sealed');
    const root = client.withToken(rootToken);
    await failsWith(root.kv2().read('a'), 'vault/sealed', rootToken);
    const [one, two] = shares;
    assert.ok(one !== undefined && two !== undefined);
    assert.equal((await client.sys.unseal(one)).progress, 1);
    assert.equal((await client.sys.unseal(two)).sealed, false);
    while ((await client.sys.health()).health !== 'active') await wait(50);
    assert.deepEqual([...(await root.sys.auditDevices()).keys()].toSorted(), ['first/', 'second/']);
    await failsWith(
      root.sys.enableAudit('third', { type: 'file', options: { file_path: `${production.directory}/third.log` } }),
      'vault/invalid-request',
    );
    const attempt = await root.sys.generateRoot.start();
    assert.equal(attempt.required, 2);
    await root.sys.generateRoot.cancel();
    assert.equal((await root.sys.generateRoot.status()).started, false);
    await root.sys.seal();
    assert.equal((await client.sys.health()).health, 'sealed');
    await production.kill();
    await failsWith(client.sys.health(), 'vault/unreachable');
  } finally {
    await Promise.all([client.close(), distrustful.close(), misnamed.close()]);
    await production.close();
  }
});

test('fails a request under way when the server is killed or the client closed', async () => {
  const doomed = await startDevelopmentServer();
  const client = createVaultClient({
    address: doomed.address,
    plaintext: true,
    token: doomed.rootToken,
    retry: { attempts: 1 },
  });
  try {
    // The server streams its log until it dies.
    const stream = client.send(
      { method: 'GET', path: 'sys/monitor', query: { log_level: 'debug' } },
      { timeout: 20_000 },
    );
    const failure = failsWith(stream, 'vault/unreachable', doomed.rootToken);
    await wait(300);
    await doomed.kill();
    await failure;
  } finally {
    await client.close();
    await doomed.close();
  }
});
