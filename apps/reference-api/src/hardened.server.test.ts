import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type TLSSocket, connect } from 'node:tls';
import { createAuthority } from './testing/certificates.ts';
import { freePort, until } from './testing/children.ts';
import { type Api, type HardenedPlayground, openHardened, refusalOf } from './testing/playground.ts';
import { type Reply, ask } from './testing/request.ts';

let ground: HardenedPlayground;
let api: Api;
before(async () => {
  ground = await openHardened();
  api = await ground.startApi({ CREDENTIALS_REFRESH_SECONDS: '1' });
});
after(() => ground.close());

const get = (path: string, port = api.port): Promise<Reply> =>
  ask(port, path, { authority: ground.authority.certificate });

const handshake = async (options: object): Promise<TLSSocket> => {
  const ca = await readFile(ground.authority.certificate, 'utf8');
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: api.port, ca, ...options });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket;
};
const servedSerial = async (): Promise<string> => {
  const ca = await readFile(ground.authority.certificate, 'utf8');
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: api.port, ca });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
};

const refusal = (overrides: Record<string, string>): ReturnType<typeof refusalOf> => refusalOf(ground, api, overrides);

test('reaches its database over verified TLS with the login from Vault, and is ready', async () => {
  assert.deepEqual(JSON.parse((await get('/ready')).body), { status: 'ready' });
});

test('keeps every business route shut and has no documentation to show', async () => {
  for (const path of ['/api/user', '/api/users', '/api/user/1', '/api/openapi.json'])
    assert.equal((await get(path)).status, 401, path);
  for (const path of ['/docs', '/openapi.json', '/debug', '/api/none'])
    assert.equal((await get(path)).status, 404, path);
});

test('does not answer plain text', async () => {
  await assert.rejects(ask(api.port, '/health'));
});

test('refuses TLS 1.1 and speaks 1.2 and 1.3', async () => {
  await assert.rejects(handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  await handshake({ maxVersion: 'TLSv1.2' });
  await handshake({ minVersion: 'TLSv1.3' });
});

test('is alive but not ready while the database is away', async () => {
  await ground.postgres.stop();
  await until(async () => (await get('/ready')).status === 503, api.output);
  assert.deepEqual(JSON.parse((await get('/ready')).body), { status: 'not ready' });
  assert.equal((await get('/health')).status, 200);
  await ground.postgres.start();
  await until(async () => (await get('/ready')).status === 200, api.output);
});

test('moves to a new login when the old one is refused', async () => {
  const slow = await ground.startApi({ CREDENTIALS_REFRESH_SECONDS: '3600' });
  assert.equal((await get('/ready', slow.port)).status, 200);
  await ground.vault.writeLogin({
    username: 'reference-api',
    password: 'second-one',
    database: 'devdb',
    host: 'postgres',
    port: '5432',
  });
  // Changes the password and cuts the connections that were opened with the old one.
  await ground.postgres.administer(
    `ALTER ROLE "reference-api" PASSWORD 'second-one';
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reference-api'`,
  );
  await until(async () => (await get('/ready', slow.port)).status === 200, slow.output);
  assert.doesNotMatch(slow.output(), /second-one/);
  await slow.stop();
});

test('shows the database a new client certificate without a restart', async () => {
  const newest = async (): Promise<string> => {
    await get('/ready');
    return ground.postgres.administer(`SELECT client_serial FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE usename = 'reference-api' ORDER BY backend_start DESC LIMIT 1`);
  };
  await until(async () => (await newest()).includes('client_serial'), api.output);
  const first = await newest();
  await ground.authority.issue(ground.clientCertificates, { name: 'reference-api' });
  await until(async () => {
    const now = await newest();
    return now.includes('client_serial') && now !== first;
  }, api.output);
});

test('logs in again with the secret-id that is in the file by then', async () => {
  const own = await ground.startApi({ CREDENTIALS_REFRESH_SECONDS: '3600' });
  await ground.vault.replaceSecretId();
  own.process.kill('SIGHUP');
  await until(() => own.output().includes('"type":"logged-in"'), own.output);
  assert.doesNotMatch(own.output(), /reload failed/);
  assert.equal((await get('/ready', own.port)).status, 200);
  await own.stop();
});

test('serves a new certificate without a restart, and keeps the old one while the pair does not match', async () => {
  const first = await servedSerial();
  await writeFile(
    join(ground.serverCertificates, 'key.pem'),
    await readFile(join(ground.clientCertificates, 'key.pem')),
  );
  await until(() => api.output().includes('cannot be used'), api.output);
  assert.equal(await servedSerial(), first);
  await ground.authority.issue(ground.serverCertificates, { name: 'reference-api' });
  await until(async () => (await servedSerial()) !== first, api.output);
  // The new context keeps the rules of the old one.
  await assert.rejects(handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }));
});

test('is not ready where another authority signed the database', async () => {
  const other = await createAuthority(join(ground.directory, 'other-authority'), 'Another authority');
  const directory = join(ground.directory, 'other-client');
  await ground.authority.issue(directory, { name: 'reference-api' });
  await copyFile(other.certificate, join(directory, 'ca.pem'));
  const deceived = await ground.startApi({ DATABASE_TLS_DIRECTORY: directory });
  assert.equal((await get('/ready', deceived.port)).status, 503);
  await deceived.stop();
});

test('is not ready where the database has another name', async () => {
  const deceived = await ground.startApi({
    DATABASE_ADDRESS: api.environment['DATABASE_ADDRESS']?.replace('localhost', '127.0.0.1') ?? '',
  });
  assert.equal((await get('/ready', deceived.port)).status, 503);
  await deceived.stop();
});

test('uses the database that its environment names before the one of the entry', async () => {
  const elsewhere = await ground.startApi({ DATABASE_NAME: 'no_such_database' });
  assert.equal((await get('/ready', elsewhere.port)).status, 503);
  await elsewhere.stop();
});

test('is not ready with a client certificate of somebody else', async () => {
  const directory = join(ground.directory, 'stranger');
  await ground.authority.issue(directory, { name: 'stranger' });
  const stranger = await ground.startApi({ DATABASE_TLS_DIRECTORY: directory });
  assert.equal((await get('/ready', stranger.port)).status, 503);
  await stranger.stop();
});

test('does not start without Vault, and says what to do', async () => {
  const { code, output } = await refusal({
    VAULT_ADDR: `https://localhost:${await freePort()}`,
    VAULT_START_SECONDS: '1',
  });
  assert.equal(code, 3);
  assert.match(output, /^reference-api: vault\/unavailable: /m);
  assert.match(output, /Start Vault/);
  assert.doesNotMatch(output, / at .*\.ts:\d/);
});

test('does not start with a secret-id that Vault does not know, nor prints it', async () => {
  const file = join(ground.directory, 'wrong-secret-id');
  await writeFile(file, 'canary-secret-id');
  const { code, output } = await refusal({ VAULT_SECRET_ID_FILE: file });
  assert.equal(code, 3);
  assert.match(output, /vault\/unavailable/);
  assert.doesNotMatch(output, /canary/);
});

test('does not start where its policy lets it read nothing at the path', async () => {
  const { code, output } = await refusal({ DATABASE_VAULT_PATH: 'mysql/reference-api' });
  assert.equal(code, 3);
  assert.match(output, /vault\/credentials-unusable/);
});

test('does not start with a key that is not the key of its certificate', async () => {
  const directory = join(ground.directory, 'mismatch');
  await ground.authority.issue(directory, { name: 'reference-api' });
  await copyFile(join(ground.clientCertificates, 'key.pem'), join(directory, 'key.pem'));
  const { code, output } = await refusal({ TLS_DIRECTORY: directory });
  assert.equal(code, 3);
  assert.match(output, /certificates\/unusable/);
  assert.doesNotMatch(output, /PRIVATE KEY/);
});

test('does not start with a root token in its environment', async () => {
  const { code, output } = await refusal({ VAULT_TOKEN: 'canary-token' });
  assert.equal(code, 2);
  assert.match(output, /configuration\/not-in-production/);
  assert.doesNotMatch(output, /canary/);
});

test('does not start without an audit log that it can write', async () => {
  const { code, output } = await refusal({ AUDIT_DIRECTORY: join(ground.clientCertificates, 'cert.pem') });
  assert.equal(code, 3);
  assert.match(output, /audit\/unusable/);
});

test('says which port is taken', async () => {
  const { code, output } = await refusal({ PORT: String(api.port) });
  assert.equal(code, 3);
  assert.match(output, /server\/port-unavailable/);
});

test(
  'ends within its bound on SIGTERM although a client holds a connection, with exit code 0',
  { timeout: 15_000 },
  async () => {
    const own = await ground.startApi();
    const ca = await readFile(ground.authority.certificate, 'utf8');
    const idle = connect({ host: '127.0.0.1', servername: 'localhost', port: own.port, ca });
    await once(idle, 'secureConnect');
    idle.on('error', () => undefined);
    const started = Date.now();
    own.process.kill('SIGTERM');
    assert.equal(await own.exited, 0);
    assert.ok(Date.now() - started < 4_000);
    idle.destroy();
  },
);

// The server in memory forgets everything, so this one comes last.
test('is alive but not ready while Vault is away', async () => {
  await ground.vault.stop();
  await until(async () => (await get('/ready')).status === 503, api.output);
  assert.equal((await get('/health')).status, 200);
});
