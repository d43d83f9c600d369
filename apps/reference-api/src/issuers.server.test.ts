import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { callerOf } from './oauth/testing/browser.ts';
import { basic, membersOf } from './oauth/testing/flow.ts';
import { until } from './testing/children.ts';
import { achieve, operate, outsideOf } from './testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened, refusalOf } from './testing/playground.ts';

let ground: HardenedPlayground;
let api: Api;
before(async () => {
  ground = await openHardened();
  api = await ground.startApi();
});
after(() => ground.close());

const nobody = new Secret('nobody');
const ownOf = async (service: Api): Promise<ReturnType<typeof callerOf>> =>
  callerOf(await outsideOf(ground, service, nobody));

const refusal = (overrides: Record<string, string>): ReturnType<typeof refusalOf> => refusalOf(ground, api, overrides);

test('takes the tokens of an outside issuer with nothing but its address, and mounts no server of its own', async () => {
  const robot = {
    id: 'robot',
    secret: new Secret((await achieve(api, ['clients', 'add', 'robot', '--role', 'user'])).trim()),
  };
  const { PUBLIC_ORIGIN: issuer = '' } = api.environment;
  const consumer = await ground.startApi({
    OIDC_ISSUER: issuer,
    // Its tokens name this audience.
    PUBLIC_ORIGIN: issuer,
    NODE_EXTRA_CA_CERTS: ground.authority.certificate,
    // It may not read keys, and need not.
    SIGNING_KEYS_VAULT_PATH: 'forbidden/signing-keys',
  });
  const form = { grant_type: 'client_credentials', scope: 'read' };
  const reply = await (await ownOf(api))('/oauth/token', { form, headers: basic(robot) });
  const headers = { authorization: `Bearer ${membersOf(reply).access_token ?? ''}` };
  const there = callerOf({
    ...(await outsideOf(ground, consumer, nobody)),
    issuer: `https://localhost:${consumer.port}`,
  });
  assert.equal((await there('/api/users', { headers })).status, 200);
  assert.equal((await there('/api/users')).status, 401);
  for (const path of ['/oauth/jwks', '/.well-known/openid-configuration', '/oauth/authorize'])
    assert.equal((await there(path)).status, 404, path);
  for (const path of ['/oauth/token', '/token']) assert.equal((await there(path, { form })).status, 404, path);
  const { code, said } = await operate(consumer, ['keys', 'rotate']);
  assert.equal(code, 2);
  assert.match(said, /command\/not-here/);
  await consumer.stop();
});

test('starts without its database, answers 503 where tokens are asked for, and recovers by itself', async () => {
  await ground.postgres.stop();
  const early = await ground.startApi();
  const call = await ownOf(early);
  const form = { grant_type: 'client_credentials' };
  assert.equal((await call('/health')).status, 200);
  assert.equal((await call('/ready')).status, 503);
  const refused = await call('/oauth/token', { form });
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  const forged = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
  assert.equal((await call('/api/users', { headers: { authorization: `Bearer ${forged}` } })).status, 401);
  await ground.postgres.start();
  await until(async () => (await call('/oauth/token', { form })).status === 400, early.output);
  await early.stop();
});

for (const [what, path] of [
  ['nothing', 'forbidden/signing-keys'],
  ['no more than to read', 'read-alone/signing-keys'],
] as const)
  test(`does not start where its policy lets it do ${what} at the path of the keys, and says what to do`, async () => {
    const { code, output } = await refusal({ SIGNING_KEYS_VAULT_PATH: path });
    assert.equal(code, 3);
    assert.match(
      output,
      new RegExp(`^reference-api: oauth/keys-unreachable: the signing keys at secret/${path}: `, 'm'),
    );
    assert.match(output, /create, read and update exactly that path/);
    assert.doesNotMatch(output, / at .*\.ts:\d/);
  });

test('does not start with keys that are no keys, nor prints them', async () => {
  await ground.vault.edit('reference-api/signing-keys', 'keys', (text) => `canary${text}`);
  const { code, output } = await refusal({});
  assert.equal(code, 3);
  assert.match(output, /^reference-api: oauth\/unusable: .*holds something else/m);
  assert.doesNotMatch(output, /canary|"d"/);
  await ground.vault.edit('reference-api/signing-keys', 'keys', (text) => text.slice('canary'.length));
});

test('does not start with the password form beside an outside issuer, nor with a word that is neither true nor false', async () => {
  const beside = await refusal({ LEGACY_PASSWORD_GRANT: 'true', OIDC_ISSUER: 'https://issuer.example' });
  assert.equal(beside.code, 2);
  assert.match(
    beside.output,
    /configuration\/variable-invalid: LEGACY_PASSWORD_GRANT has no meaning beside OIDC_ISSUER/,
  );
  const vague = await refusal({ LEGACY_PASSWORD_GRANT: 'on' });
  assert.equal(vague.code, 2);
  assert.match(vague.output, /LEGACY_PASSWORD_GRANT has to be true or false/);
});
