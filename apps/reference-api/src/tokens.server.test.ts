import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { callerOf, createBrowser, fetcherOf } from './oauth/testing/browser.ts';
import { type TestClient, basic, membersOf, obtainTokens } from './oauth/testing/flow.ts';
import { type Outside, redirectUri } from './oauth/testing/ground.ts';
import { achieve, operate, outsideOf, populate } from './testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from './testing/playground.ts';

let ground: HardenedPlayground;
let api: Api;
let outside: Outside;
let web: TestClient;
let robot: TestClient;
const password = new Secret(`canary ${crypto.randomUUID()}`);

before(async () => {
  ground = await openHardened();
  api = await ground.startApi();
  outside = await outsideOf(ground, api, password);
  ({ web, robot } = await populate(api, password));
});
after(() => ground.close());

const status = async (path: string, token: string): Promise<number> =>
  (await callerOf(outside)(path, { headers: { authorization: `Bearer ${token}` } })).status;

/** True for the answer to a refresh token that is worth nothing. */
const refused = (error: unknown): boolean =>
  error instanceof openid.ResponseBodyError && error.error === 'invalid_grant';

const discover = (client: TestClient): Promise<openid.Configuration> =>
  openid.discovery(
    new URL(outside.issuer),
    client.id,
    client.secret?.reveal() ?? '',
    openid.ClientSecretBasic(client.secret?.reveal() ?? ''),
    { [openid.customFetch]: (address, init) => fetcherOf(outside)(address, { ...init }) },
  );

test('openid-client gets tokens by code with PKCE, and they open what the role of the person opens', async () => {
  const config = await discover(web);
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid read write',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const { location } = await createBrowser(outside).authorize(address.href);
  assert.ok(location?.startsWith(`${redirectUri}?`) === true);
  const tokens = await openid.authorizationCodeGrant(config, new URL(location), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  assert.equal(await status('/api/users', tokens.access_token), 200);
  const { body } = await callerOf(outside)('/api/user', {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  const me: Record<string, unknown> = JSON.parse(body);
  assert.equal(me['subject'], tokens.claims()?.sub);
  assert.equal(me['issuer'], outside.issuer);
  // The id token is for the client; the API refuses it.
  assert.equal(await status('/api/users', tokens.id_token ?? ''), 401);
});

test('oauth4webapi gets a token for a program in its own name, which reads and does no more', async () => {
  const options = { [oauth.customFetch]: fetcherOf(outside) };
  const issuer = new URL(outside.issuer);
  const server = await oauth
    .discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
    .then((response) => oauth.processDiscoveryResponse(issuer, response));
  const client = { client_id: robot.id };
  const answer = await oauth
    .clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(robot.secret?.reveal() ?? ''),
      new URLSearchParams({ scope: 'read' }),
      options,
    )
    .then((response) => oauth.processClientCredentialsResponse(server, client, response));
  assert.equal(await status('/api/users', answer.access_token), 200);
  const { status: refused } = await callerOf(outside)('/api/user', {
    method: 'POST',
    text: '{"name":"Eve","email":"eve@example.com"}',
    headers: { authorization: `Bearer ${answer.access_token}`, 'content-type': 'application/json' },
  });
  assert.equal(refused, 403);
});

test('the guard refuses a token from the moment on in which it was revoked', async () => {
  const config = await discover(web);
  const { access, refresh } = await obtainTokens(outside, web);
  assert.equal(await status('/api/users', access), 200);
  assert.equal((await openid.tokenIntrospection(await discover(robot), access)).active, true);
  await openid.tokenRevocation(config, access);
  assert.equal(await status('/api/users', access), 401);
  assert.deepEqual(await openid.tokenIntrospection(await discover(robot), access), { active: false });
  const next = await openid.refreshTokenGrant(config, refresh);
  assert.equal(await status('/api/users', next.access_token), 200);
});

test('a refresh token that comes a second time ends everything that came of the login', async () => {
  const config = await discover(web);
  const { access, refresh } = await obtainTokens(outside, web);
  const second = await openid.refreshTokenGrant(config, refresh);
  assert.equal(await status('/api/users', second.access_token), 200);
  await assert.rejects(openid.refreshTokenGrant(config, refresh), refused);
  await assert.rejects(openid.refreshTokenGrant(config, second.refresh_token ?? ''), refused);
  for (const token of [access, second.access_token]) assert.equal(await status('/api/users', token), 401);
});

test('a login that fails is in the audit log, and no password or token is in it or in what was logged', async () => {
  const { location } = await createBrowser(outside).authorize(
    `/oauth/authorize?${new URLSearchParams({ client_id: 'web', redirect_uri: redirectUri, response_type: 'code', scope: 'read', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }).toString()}`,
    'ulf',
    new Secret('canary wrong password'),
  );
  assert.equal(location, undefined);
  const { access, refresh } = await obtainTokens(outside, web);
  const directory = api.environment['AUDIT_DIRECTORY'] ?? '';
  const files = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
  const records = (await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))).join('');
  assert.match(records, /"oauth\.login"[^\n]*/);
  for (const text of [records, api.output()])
    for (const secret of ['canary', access, refresh, web.secret?.reveal() ?? 'none', 'PRIVATE', '"d":'])
      assert.ok(!text.includes(secret), 'a secret was written down');
});

test('the password form of old clients is not there', async () => {
  const form = { username: 'ulf', password: password.reveal() };
  assert.equal((await callerOf(outside)('/token', { form })).status, 404);
  assert.doesNotMatch(api.output(), /legacyPasswordGrant/);
});

test('the password form is there where it is asked for, with a warning, and its token is one like others', async () => {
  const own = await ground.startApi({ LEGACY_PASSWORD_GRANT: 'true' });
  const there = await outsideOf(ground, own, password);
  const warning = own
    .output()
    .split('\n')
    .find((line) => line.includes('legacyPasswordGrant'));
  // Pino's levels: 40 is a warning.
  assert.match(warning ?? '', /"level":40/);
  const form = { username: 'ulf', password: password.reveal() };
  const reply = await callerOf(there)('/token', { form });
  assert.equal(reply.status, 200);
  const headers = { authorization: `Bearer ${membersOf(reply).access_token ?? ''}` };
  assert.equal((await callerOf(there)('/api/users', { headers })).status, 200);
  // Another service has another origin, so its tokens are nobody's here.
  assert.equal((await callerOf(outside)('/api/users', { headers })).status, 401);
  assert.equal((await callerOf(there)('/token', { form: { ...form, password: 'not the one' } })).status, 401);
  await own.stop();
});

test('commands say what is wrong, change nothing twice, and print a secret nowhere but where it is asked for', async () => {
  const again = await operate(api, ['accounts', 'add', 'ulf', '--role', 'admin'], 'canary another password');
  assert.equal(again.code, 2);
  assert.match(again.said, /command\/refused: an account of this name exists already/);
  const short = await operate(api, ['accounts', 'add', 'short', '--role', 'user'], 'canary');
  assert.equal(short.code, 2);
  assert.match(short.said, /12 to 256 characters/);
  const file = join(ground.directory, 'client-secret');
  const words = ['clients', 'add', 'filed', '--role', 'readonly', '--secret-file', file];
  assert.equal(await achieve(api, words), '');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const filed = { id: 'filed', secret: new Secret((await readFile(file, 'utf8')).trim()) };
  const form = { grant_type: 'client_credentials', scope: 'read' };
  assert.equal((await callerOf(outside)('/oauth/token', { form, headers: basic(filed) })).status, 200);
  const occupied = await operate(api, ['clients', 'add', 'other', '--role', 'readonly', '--secret-file', file]);
  assert.match(occupied.said, /command\/secret-unusable/);
  assert.equal((await readFile(file, 'utf8')).trim(), filed.secret.reveal());
  const open = await operate(api, ['clients', 'add', 'evil', '--redirect-uri', 'http://evil.example/']);
  assert.match(open.said, /redirect URI is a normalized https address/);
  for (const { said, printed } of [again, short, occupied, open]) assert.doesNotMatch(said + printed, /canary|\.ts:\d/);
});

test('an account or a client that was removed gets no more tokens, and those that it has are worth nothing', async () => {
  await achieve(api, ['accounts', 'add', 'leaver', '--role', 'user'], password.reveal());
  const leaver = await obtainTokens(outside, web, {}, 'leaver');
  const stays = await obtainTokens(outside, web);
  assert.equal(await status('/api/users', leaver.access), 200);
  await achieve(api, ['accounts', 'remove', 'leaver']);
  assert.equal(await status('/api/users', leaver.access), 401);
  const config = await discover(web);
  await assert.rejects(openid.refreshTokenGrant(config, leaver.refresh), refused);
  assert.equal(await status('/api/users', stays.access), 200, 'the tokens of others live on');

  const words = ['clients', 'add', 'retired', '--redirect-uri', redirectUri];
  const retired = { id: 'retired', secret: new Secret((await achieve(api, words)).trim()) };
  const tokens = await obtainTokens(outside, retired);
  await achieve(api, ['clients', 'remove', 'retired']);
  assert.equal(await status('/api/users', tokens.access), 401);
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh };
  assert.equal((await callerOf(outside)('/oauth/token', { form, headers: basic(retired) })).status, 401);
  assert.equal(await status('/api/users', stays.access), 200, 'the tokens of other clients live on');
  for (const gone of [
    ['accounts', 'remove', 'leaver'],
    ['clients', 'remove', 'retired'],
  ])
    assert.equal((await operate(api, gone)).code, 2);
});

test('commands leave a record of who asked, before and after, and none of a secret', async () => {
  const directory = join(ground.directory, 'audit', 'audit-commands');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
  const records = (await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))).join('');
  const added = records.split('\n').filter((line) => line.includes('"account.add"') && line.includes('ulf'));
  assert.ok(added.some((line) => line.includes('intent')) && added.some((line) => line.includes('outcome')));
  assert.doesNotMatch(records, /canary/);
  assert.ok(!records.includes(web.secret?.reveal() ?? 'none'));
});
