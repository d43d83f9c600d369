import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { Secret } from '@palisade/vault/secret';
import { callerOf, createBrowser, fetcherOf } from './testing/browser.ts';
import { type Ground, openGround, redirectUri } from './testing/ground.ts';

let ground: Ground;
let web: Secret;
let robot: Secret;

before(async () => {
  ground = await openGround();
  const added = await ground.server.clients.add({
    id: 'web',
    authentication: 'client_secret_basic',
    redirectUris: [redirectUri],
    grants: ['authorization_code', 'refresh_token'],
  });
  const machine = await ground.server.clients.add({
    id: 'robot',
    authentication: 'client_secret_post',
    redirectUris: [],
    grants: ['client_credentials'],
    role: 'user',
  });
  assert.ok(added.secret !== undefined && machine.secret !== undefined);
  web = added.secret;
  robot = machine.secret;
});
after(() => ground.close());

const api = async (role: string, token: string): Promise<number> =>
  (await callerOf(ground)(`/api/${role}`, { headers: { authorization: `Bearer ${token}` } })).status;

test('openid-client completes code with PKCE, refresh, introspection and revocation', async () => {
  const config = await openid.discovery(
    new URL(ground.issuer),
    'web',
    web.reveal(),
    openid.ClientSecretBasic(web.reveal()),
    {
      [openid.customFetch]: (address, init) => fetcherOf(ground)(address, { ...init }),
    },
  );
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const nonce = openid.randomNonce();
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid read write',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const { location } = await createBrowser(ground).authorize(address.href);
  assert.ok(location?.startsWith(`${redirectUri}?`) === true);
  const tokens = await openid.authorizationCodeGrant(config, new URL(location), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  assert.ok(tokens.id_token !== undefined && tokens.refresh_token !== undefined);
  assert.equal(await api('user', tokens.access_token), 200);
  assert.equal(await api('admin', tokens.access_token), 403);
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, true);

  const second = await openid.refreshTokenGrant(config, tokens.refresh_token, { scope: 'read' });
  assert.equal(await api('readonly', second.access_token), 200);
  assert.equal(await api('user', second.access_token), 403, 'a token with less scope does less');
  await openid.tokenRevocation(config, second.access_token);
  assert.equal(await api('readonly', second.access_token), 401);
  assert.equal(await api('user', tokens.access_token), 200, 'the revocation of one access token is about it alone');
  assert.ok(second.refresh_token !== undefined);
  await openid.tokenRevocation(config, second.refresh_token);
  assert.equal(await api('user', tokens.access_token), 401, 'with the refresh token its family ends');
});

test('oauth4webapi completes client credentials by RFC 8414, and finds an access token as RFC 9068 wants it', async () => {
  const options = { [oauth.customFetch]: fetcherOf(ground) };
  const server = await oauth
    .discoveryRequest(new URL(ground.issuer), { algorithm: 'oauth2', ...options })
    .then((response) => oauth.processDiscoveryResponse(new URL(ground.issuer), response));
  const client = { client_id: 'robot' };
  const authentication = oauth.ClientSecretPost(robot.reveal());
  const answer = await oauth
    .clientCredentialsGrantRequest(server, client, authentication, new URLSearchParams({ scope: 'write' }), options)
    .then((response) => oauth.processClientCredentialsResponse(server, client, response));
  assert.equal(await api('user', answer.access_token), 200);
  assert.equal(await api('admin', answer.access_token), 403);
  const claims = await oauth.validateJwtAccessToken(
    server,
    new Request('https://api.example/', { headers: { authorization: `Bearer ${answer.access_token}` } }),
    ground.audience,
    options,
  );
  assert.equal(claims.client_id, 'robot');
  assert.deepEqual(claims['roles'], ['user']);
});

test('says the same about itself at both addresses, whatever host the caller names', async () => {
  const call = callerOf(ground);
  const one = await call('/.well-known/openid-configuration');
  const other = await call('/.well-known/oauth-authorization-server', {
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
  });
  assert.deepEqual(JSON.parse(one.body), JSON.parse(other.body));
  assert.doesNotMatch(other.body, /evil|http:/);
  const document: Record<string, unknown> = JSON.parse(one.body);
  assert.deepEqual(document['response_types_supported'], ['code']);
  assert.deepEqual(document['code_challenge_methods_supported'], ['S256']);
  assert.deepEqual(document['grant_types_supported'], ['authorization_code', 'refresh_token', 'client_credentials']);
  for (const reply of [one, other]) assert.equal(reply.headers['cache-control'], 'no-store');
});

test('publishes no private key', async () => {
  const { body } = await callerOf(ground)('/oauth/jwks');
  const { keys }: { keys: Record<string, string>[] } = JSON.parse(body);
  assert.equal(keys.length, 1);
  for (const key of keys) assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});
