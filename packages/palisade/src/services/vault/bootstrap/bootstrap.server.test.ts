import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { inspect } from 'node:util';
import { Secret, type VaultClient, VaultError, createVaultClient, decodeRootToken } from '@palisade/vault';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { startDevelopmentServer } from '../../../../../vault/test/server.ts';
import { PalisadeError } from '../../../support/errors.ts';
import { bootstrapVault, unsealVault } from './bootstrap.ts';
import { authoritiesOf } from './bundle.ts';
import { deliveredTo, goal, goalWith, optionsFor, startExample } from '../../../../test/vault-bootstrap/example.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';

type Example = Awaited<ReturnType<typeof startExample>>;

let example: Example;
let identity: Secret;
let recipient: string;
let store: KeyStore;
let development: Awaited<ReturnType<typeof startDevelopmentServer>>;
const progress: string[] = [];
/** Everything that nobody may ever see. */
const canaries: Secret[] = [];
let rootToken: Secret | undefined;

/** Sees what the server hands out at its initialisation. */
const watching = (client: VaultClient): VaultClient => ({
  ...client,
  sys: {
    ...client.sys,
    init: async (parameters, options) => {
      const keys = await client.sys.init(parameters, options);
      canaries.push(...keys.shares, keys.rootToken);
      rootToken = keys.rootToken;
      return keys;
    },
  },
});

const connected = async (authorities?: string): Promise<VaultClient> =>
  createVaultClient({
    address: example.places.address,
    authorities: authorities ?? (await authoritiesOf(example.places.listener)),
  });

const run = async (rest: Parameters<typeof optionsFor>[2] = {}) => {
  const options = optionsFor(example.places, example.runtime, {
    recipients: [recipient],
    progress: (line) => progress.push(line),
    ...rest,
  });
  return bootstrapVault({ ...options, connect: (authorities) => watching(options.connect(authorities)) });
};

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PalisadeError || thrown instanceof VaultError, inspect(thrown));
  for (const canary of canaries)
    assert.equal(inspect(thrown, { depth: 12, showHidden: true }).includes(canary.reveal()), false, thrown.code);
  return thrown.code;
};

/** Logs in as whom these belong to, runs, and ends the token. */
const as = async <T>(
  credential: { readonly roleId: string; readonly secretId: Secret },
  use: (client: VaultClient) => Promise<T>,
): Promise<T> => {
  const client = await connected();
  try {
    const { token } = await client.approle().login(credential.roleId, credential.secretId);
    const own = client.withToken(token);
    const result = await use(own);
    await own.token.revokeSelf();
    return result;
  } finally {
    await client.close();
  }
};

const asService = async <T>(service: string, use: (client: VaultClient) => Promise<T>): Promise<T> => {
  const credential = await deliveredTo(example.places, service);
  assert.ok(credential !== undefined);
  return as(credential, use);
};

const asOperator = async <T>(use: (client: VaultClient) => Promise<T>): Promise<T> => {
  const credential = await store.operator();
  assert.ok(credential !== undefined);
  return as(credential, use);
};

before(async () => {
  identity = new Secret(await generateIdentity());
  recipient = await identityToRecipient(identity.reveal());
  example = await startExample();
  store = await openKeyStore(example.places.state);
  development = await startDevelopmentServer();
  await development.client
    .kv2()
    .write('postgres/reference-api', { password: 'development', username: 'dev', schema: 'kept', api_key: 'kept too' });
  const report = await run({ migrate: development.client });
  assert.deepEqual(
    report.steps.filter((step) => step.outcome === 'unchanged').map((step) => step.step),
    ['audit devices'],
  );
});
after(async () => {
  await development.close();
  await example.server.close();
});

const versions = (client: VaultClient) => Promise.all(goal.secrets.map((secret) => client.kv2().metadata(secret.path)));

test('finds nothing to do the second time, with the login of the operator alone, and writes nothing', async () => {
  const earlier = await asOperator(versions);
  const log = (await readFile(example.server.auditFile, 'utf8')).length;
  const files = await readdir(example.places.state);
  const report = await run();
  assert.deepEqual(
    report.steps.filter((step) => step.outcome !== 'unchanged'),
    [],
  );
  const writes = (await readFile(example.server.auditFile, 'utf8'))
    .slice(log)
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
    .flatMap((entry) => {
      assert.ok(typeof entry === 'object' && entry !== null && 'type' in entry && 'request' in entry);
      const { request } = entry;
      assert.ok(typeof request === 'object' && request !== null && 'operation' in request && 'path' in request);
      return entry.type === 'request' && request.operation !== 'read' && request.operation !== 'list'
        ? [String(request.path)]
        : [];
    });
  // What is an update to the server, and changes nothing but the life of the caller's own token.
  const harmless =
    /^(auth\/approle\/login|auth\/token\/revoke-self|sys\/capabilities-self|auth\/approle\/role\/[a-z-]+\/secret-id(-accessor)?\/lookup)$/;
  assert.ok(writes.length > 0);
  assert.deepEqual(
    writes.filter((path) => !harmless.test(path)),
    [],
  );
  assert.deepEqual(await asOperator(versions), earlier);
  assert.deepEqual(await readdir(example.places.state), files);
});

test('leaves no root token: the one of the beginning is refused and its file is gone', async () => {
  assert.ok(rootToken !== undefined);
  const client = await connected();
  try {
    assert.equal(await codeOf(client.withToken(rootToken).token.lookupSelf()), 'vault/permission-denied');
  } finally {
    await client.close();
  }
  assert.equal(await store.hasRootToken(), false);
});

test('lets each service read exactly its own entries', async () => {
  for (const service of ['postgres', 'reference-api'])
    await asService(service, async (client) => {
      for (const secret of goal.secrets)
        if (secret.readers.includes(service)) assert.ok((await client.kv2().read(secret.path)) !== undefined);
        else assert.equal(await codeOf(client.kv2().read(secret.path)), 'vault/permission-denied');
      for (const path of ['other', 'postgres/other', 'postgres-other'])
        assert.equal(await codeOf(client.kv2().read(path)), 'vault/permission-denied');
      assert.equal(await codeOf(client.kv2().write('postgres', { a: 'b' })), 'vault/permission-denied');
      assert.equal(await codeOf(client.kv2().list('')), 'vault/permission-denied');
      assert.equal(await codeOf(client.sys.mounts()), 'vault/permission-denied');
      const self = await client.token.lookupSelf();
      assert.deepEqual(self.policies, [`${service}-policy`]);
      assert.ok(self.ttl > 0 && self.ttl <= 3_600);
    });
});

test('lets one service keep an entry that nobody else comes to, the operator neither', async () => {
  const path = 'reference-api/signing-keys';
  await asService('reference-api', async (client) => {
    await client.kv2().write(path, { keys: new Secret('first') }, { checkAndSet: 0 });
    await client.kv2().write(path, { keys: new Secret('second') }, { checkAndSet: 1 });
    assert.equal((await client.kv2().read(path))?.fields.get('keys')?.reveal(), 'second');
    assert.equal(await codeOf(client.kv2().read(`${path}/below`)), 'vault/permission-denied');
  });
  const stranger = async (client: VaultClient): Promise<void> => {
    assert.equal(await codeOf(client.kv2().read(path)), 'vault/permission-denied');
    assert.equal(await codeOf(client.kv2().write(path, { keys: new Secret('third') })), 'vault/permission-denied');
  };
  await asService('postgres', stranger);
  await asOperator(stranger);
});

test('lets one service have things signed by a key that it cannot take, and publishes its public half', async () => {
  const key = 'reference-api-audit';
  const bytes = Buffer.from('a checkpoint');
  const signature = await asService('reference-api', async (client) => {
    assert.equal(await codeOf(client.transit().publicKeys(key)), 'vault/permission-denied');
    for (const path of [`transit/export/signing-key/${key}`, `transit/backup/${key}`])
      assert.equal(await codeOf(client.send({ method: 'GET', path })), 'vault/permission-denied');
    return client.transit().sign(key, bytes);
  });
  for (const as of [asOperator, (act: (client: VaultClient) => Promise<void>) => asService('postgres', act)])
    await as(async (client) => {
      assert.equal(await codeOf(client.transit().sign(key, bytes)), 'vault/permission-denied');
    });
  const published = await readFile(join(example.places.publicKeys, `${key}-1.pem`), 'utf8');
  const value = Buffer.from(signature.replace('vault:v1:', ''), 'base64');
  assert.ok(verify(null, bytes, createPublicKey(published), value));
});

test('lets the operator do its work, and give itself or others no more', async () => {
  await asOperator(async (client) => {
    assert.equal(
      await codeOf(client.sys.writePolicy('palisade-operator-policy', 'path "*" { capabilities = ["sudo"] }')),
      'vault/permission-denied',
    );
    assert.equal(
      await codeOf(client.sys.writePolicy('mine', 'path "a" { capabilities = ["read"] }')),
      'vault/permission-denied',
    );
    assert.equal(await codeOf(client.sys.enableMount('mine', { type: 'kv' })), 'vault/permission-denied');
    const role = await client.approle().readRole('postgres');
    assert.ok(role !== undefined);
    assert.equal(
      await codeOf(client.approle().writeRole('postgres', { ...role, policies: ['root'] })),
      'vault/permission-denied',
    );
    assert.equal(await codeOf(client.kv2().read('other')), 'vault/permission-denied');
    // A secret-id leaves the server wrapped, or not at all.
    assert.equal(await codeOf(client.approle().createSecretId('postgres', {})), 'vault/permission-denied');
    assert.equal((await client.sys.auditDevices()).size, 2);
    assert.ok((await client.kv2().read('postgres'))?.fields.get('password'));
  });
});

test('takes over what the development server knew, except what is to be generated', async () => {
  const fields = await asOperator(async (client) => (await client.kv2().read('postgres/reference-api'))?.fields);
  assert.equal(fields?.get('schema')?.reveal(), 'kept');
  assert.equal(fields.get('api_key')?.reveal(), 'kept too');
  assert.equal(fields.get('username')?.reveal(), 'reference-api');
  const password = fields.get('password')?.reveal() ?? '';
  assert.equal(Buffer.from(password, 'base64url').length, 32);
});

test('presents a certificate of its PKI, and the stand-in is trusted no more', async () => {
  const authority = await readFile(example.places.authority, 'utf8');
  const client = await connected(authority);
  try {
    assert.equal((await client.sys.health()).health, 'active');
  } finally {
    await client.close();
  }
  assert.equal((await authoritiesOf(example.places.listener)).trim(), authority.trim());
});

test('gives the shares to the recipients and to nobody else', async () => {
  const shares = await store.shares(identity);
  assert.deepEqual(
    shares.map((share) => share.reveal()),
    canaries.slice(0, 3).map((share) => share.reveal()),
  );
  const stranger = new Secret(await generateIdentity());
  canaries.push(stranger);
  assert.equal(await codeOf(store.shares(stranger)), 'vault-bootstrap/identity-wrong');
  assert.equal(await store.demoIdentity(), undefined);
});

test('opens a sealed server with the identity, and with no other', async () => {
  await example.server.kill();
  await example.server.start();
  const client = await connected();
  const { signal } = new AbortController();
  const base = { client, stateDirectory: example.places.state, signal };
  try {
    assert.equal(await codeOf(run()), 'vault-bootstrap/identity-needed');
    assert.equal(await codeOf(unsealVault(base)), 'vault-bootstrap/identity-needed');
    const stranger = new Secret(await generateIdentity());
    assert.equal(await codeOf(unsealVault({ ...base, identity: stranger })), 'vault-bootstrap/identity-wrong');
    assert.equal(await unsealVault({ ...base, identity }), 'done');
    assert.equal(await unsealVault(base), 'unchanged');
  } finally {
    await client.close();
  }
});

test('asks for an identity where the operator may not do what is left to do, then makes a root token and ends it', async () => {
  const larger = goalWith('redis');
  assert.equal(await codeOf(run({ goal: larger })), 'vault-bootstrap/identity-needed');
  const report = await run({ goal: larger, identity });
  assert.deepEqual(
    report.steps.filter((step) => step.outcome === 'done').map((step) => step.step),
    ['policies', 'AppRole roles', 'secrets', 'deliveries', 'root token'],
  );
  assert.equal(await store.hasRootToken(), false);
  assert.ok(progress.some((line) => line.includes('making a root token')));
  await asService('redis', async (client) => assert.ok((await client.kv2().read('redis'))?.fields.get('password')));
  assert.deepEqual(
    (await run({ goal: larger })).steps.filter((step) => step.outcome === 'done'),
    [],
  );
  // Back to the smaller goal: the operator's policy shrinks, which takes a root token as well.
  assert.equal(await codeOf(run()), 'vault-bootstrap/identity-needed');
  await run({ identity });
});

test('delivers again where a delivery was lost, and ends the secret-id that was lost', async () => {
  const lost = await deliveredTo(example.places, 'reference-api');
  assert.ok(lost !== undefined);
  await writeFile(join(example.places.deliveries, 'reference-api', 'secret-id'), 'damaged');
  const report = await run();
  assert.deepEqual(
    report.steps.filter((step) => step.outcome === 'done').map((step) => step.step),
    ['deliveries'],
  );
  await asService('reference-api', async (client) => assert.ok(await client.token.lookupSelf()));
  assert.equal(await codeOf(as(lost, async () => undefined)), 'vault/invalid-credentials');
  assert.equal(await asOperator(async (client) => (await client.approle().listSecretIds('reference-api')).length), 1);
});

test('repairs what somebody loosened with a root token, and ends that token', async () => {
  const shares = await store.shares(identity);
  // What two holders of shares can do together with the operator, as an intruder or a hurried colleague would.
  const stray = await asOperator(async ({ sys: { generateRoot } }) => {
    const { nonce, oneTimePassword } = await generateRoot.start();
    for (const share of shares) {
      const { encodedToken } = await generateRoot.provide(share, nonce);
      if (encodedToken !== undefined) return decodeRootToken(encodedToken, oneTimePassword);
    }
    return assert.fail('the shares make no root token');
  });
  canaries.push(stray);
  const client = await connected();
  try {
    const root = client.withToken(stray);
    await root.sys.writePolicy('postgres-policy', 'path "secret/*" { capabilities = ["read"] }');
    await root.send({ method: 'POST', path: 'pki_int/roles/postgres-server', body: { allow_any_name: true } });
    const role = await root.approle().readRole('postgres');
    assert.ok(role !== undefined);
    await root
      .approle()
      .writeRole('postgres', { ...role, secretIdTtl: 0, tokenBoundCidrs: [], secretIdBoundCidrs: [] });
    assert.equal(await codeOf(run()), 'vault-bootstrap/identity-needed');
    const report = await run({ identity });
    assert.deepEqual(
      report.steps.filter((step) => step.outcome === 'done').map((step) => step.step),
      ['certificate roles', 'policies', 'AppRole roles', 'root token'],
    );
    assert.equal(await codeOf(root.token.lookupSelf()), 'vault/permission-denied');
  } finally {
    await client.close();
  }
});

test('writes no secret where it does not belong', async () => {
  await asOperator(async (client) => {
    for (const secret of goal.secrets) {
      const password = (await client.kv2().read(secret.path))?.fields.get('password');
      assert.ok(password !== undefined);
      canaries.push(password);
    }
  });
  for (const service of ['postgres', 'reference-api']) {
    const secretId = (await deliveredTo(example.places, service))?.secretId;
    assert.ok(secretId !== undefined);
    canaries.push(secretId);
  }
  canaries.push(identity);
  assert.ok(canaries.length >= 9);
  const spoken = progress.join('\n');
  for (const canary of canaries) assert.equal(spoken.includes(canary.reveal()), false);
  for (const name of await readdir(example.places.state)) {
    const path = join(example.places.state, name);
    assert.equal((await stat(path)).mode & 0o777, 0o600, name);
    const content = await readFile(path, 'utf8');
    for (const canary of canaries) assert.equal(content.includes(canary.reveal()), false, name);
  }
  assert.equal((await stat(example.places.state)).mode & 0o777, 0o700);
  const audit = await readFile(example.server.auditFile, 'utf8');
  for (const canary of canaries) assert.equal(audit.includes(canary.reveal()), false);
});
