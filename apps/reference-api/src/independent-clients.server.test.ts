import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { callerOf, createBrowser, fetcherOf } from './oauth/testing/browser.ts';
import type { TestClient } from './oauth/testing/flow.ts';
import { type Outside, redirectUri } from './oauth/testing/ground.ts';
import { outsideOf, populate } from './testing/operator.ts';
import { type HardenedPlayground, openHardened } from './testing/playground.ts';

let ground: HardenedPlayground;
let outside: Outside;
let web: TestClient;
let robot: TestClient;
const password = new Secret(crypto.randomUUID());

before(async () => {
  ground = await openHardened();
  const api = await ground.startApi();
  outside = await outsideOf(ground, api, password);
  ({ web, robot } = await populate(api, password));
});
after(() => ground.close());

const api = async (token: string): Promise<number> =>
  (await callerOf(outside)('/api/users', { headers: { authorization: `Bearer ${token}` } })).status;

/** What a client library is to do, in its own words; each answer has passed all checks of the library. */
interface Library {
  /** Sends the browser away, takes the code that comes back, and redeems it. */
  readonly logIn: () => Promise<{ readonly access: string; readonly refresh: string; readonly subject: string }>;
  readonly refresh: (token: string) => Promise<{ readonly access: string; readonly refresh: string }>;
  /** A token of the program itself. */
  readonly ownToken: () => Promise<string>;
  readonly isActive: (token: string) => Promise<boolean>;
  readonly revoke: (token: string) => Promise<void>;
}

const text = (value: string | undefined, name: string): string => value ?? assert.fail(`there is no ${name}`);
const secretOf = ({ secret }: TestClient): string => text(secret?.reveal(), 'secret');
const askOf = (challenge: string, state: string, nonce: string) => ({
  redirect_uri: redirectUri,
  scope: 'openid read write',
  code_challenge: challenge,
  code_challenge_method: 'S256',
  state,
  nonce,
});
const walk = async (address: URL): Promise<URL> =>
  new URL(text((await createBrowser(outside).authorize(address.href)).location, 'redirect'));

/** What openid-client knows of the service for a client. */
const discover = async (client: TestClient): Promise<openid.Configuration> => {
  const config = await openid.discovery(
    new URL(outside.issuer),
    client.id,
    secretOf(client),
    openid.ClientSecretBasic(secretOf(client)),
    { [openid.customFetch]: (address, init) => fetcherOf(outside)(address, { ...init }) },
  );
  // The signature of ID tokens is checked too, although they come over TLS.
  openid.enableNonRepudiationChecks(config);
  return config;
};

const openIdClient = async (): Promise<Library> => {
  const [config, own] = [await discover(web), await discover(robot)];
  return {
    logIn: async () => {
      const verifier = openid.randomPKCECodeVerifier();
      const [state, nonce] = [openid.randomState(), openid.randomNonce()];
      const asked = askOf(await openid.calculatePKCECodeChallenge(verifier), state, nonce);
      const back = await walk(openid.buildAuthorizationUrl(config, asked));
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const tokens = await openid.authorizationCodeGrant(config, back, checks);
      return {
        access: tokens.access_token,
        refresh: text(tokens.refresh_token, 'refresh token'),
        subject: text(tokens.claims()?.sub, 'subject'),
      };
    },
    refresh: async (token) => {
      const tokens = await openid.refreshTokenGrant(config, token);
      return { access: tokens.access_token, refresh: text(tokens.refresh_token, 'refresh token') };
    },
    ownToken: async () => (await openid.clientCredentialsGrant(own, { scope: 'read' })).access_token,
    isActive: async (token) => (await openid.tokenIntrospection(own, token)).active,
    revoke: (token) => openid.tokenRevocation(config, token),
  };
};

const oauth4webapi = async (): Promise<Library> => {
  const options = { [oauth.customFetch]: fetcherOf(outside) };
  const issuer = new URL(outside.issuer);
  const server = await oauth
    .discoveryRequest(issuer, { algorithm: 'oidc', ...options })
    .then((response) => oauth.processDiscoveryResponse(issuer, response));
  const [client, own] = [{ client_id: web.id }, { client_id: robot.id }];
  const [proof, ownProof] = [oauth.ClientSecretBasic(secretOf(web)), oauth.ClientSecretBasic(secretOf(robot))];
  return {
    logIn: async () => {
      const verifier = oauth.generateRandomCodeVerifier();
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
      const asked = askOf(await oauth.calculatePKCECodeChallenge(verifier), state, nonce);
      const address = new URL(text(server.authorization_endpoint, 'authorization endpoint'));
      address.search = new URLSearchParams({ ...asked, client_id: web.id, response_type: 'code' }).toString();
      const code = oauth.validateAuthResponse(server, client, await walk(address), state);
      const reply = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        proof,
        code,
        redirectUri,
        verifier,
        options,
      );
      const checks = { expectedNonce: nonce, requireIdToken: true };
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, reply, checks);
      await oauth.validateApplicationLevelSignature(server, reply, options);
      return {
        access: tokens.access_token,
        refresh: text(tokens.refresh_token, 'refresh token'),
        subject: text(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'subject'),
      };
    },
    refresh: async (token) => {
      const reply = await oauth.refreshTokenGrantRequest(server, client, proof, token, options);
      const tokens = await oauth.processRefreshTokenResponse(server, client, reply);
      return { access: tokens.access_token, refresh: text(tokens.refresh_token, 'refresh token') };
    },
    ownToken: async () => {
      const form = new URLSearchParams({ scope: 'read' });
      const reply = await oauth.clientCredentialsGrantRequest(server, own, ownProof, form, options);
      return (await oauth.processClientCredentialsResponse(server, own, reply)).access_token;
    },
    isActive: async (token) => {
      const reply = await oauth.introspectionRequest(server, own, ownProof, token, options);
      return (await oauth.processIntrospectionResponse(server, own, reply)).active;
    },
    revoke: async (token) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, token, options)),
  };
};

for (const [name, open] of [
  ['openid-client', openIdClient],
  ['oauth4webapi', oauth4webapi],
] as const)
  test(`${name} discovers the service and completes code with PKCE, client credentials, refresh, introspection and revocation`, async () => {
    const library = await open();
    const first = await library.logIn();
    assert.equal(await api(first.access), 200);
    const me = await callerOf(outside)('/api/user', { headers: { authorization: `Bearer ${first.access}` } });
    assert.equal(JSON.parse(me.body).subject, first.subject);
    const own = await library.ownToken();
    assert.equal(await api(own), 200);
    assert.equal(await library.isActive(own), true);

    const second = await library.refresh(first.refresh);
    assert.notEqual(second.refresh, first.refresh);
    assert.equal(await api(second.access), 200);
    await library.revoke(second.access);
    assert.deepEqual([await library.isActive(second.access), await api(second.access)], [false, 401]);
    assert.deepEqual([await library.isActive(first.access), await api(first.access)], [true, 200]);
    await library.revoke(second.refresh);
    assert.deepEqual([await library.isActive(first.access), await api(first.access)], [false, 401]);
    await assert.rejects(
      library.refresh(second.refresh),
      (error) => error instanceof Error && /invalid_grant/.test(String('error' in error ? error.error : '')),
    );
    assert.equal(await api(own), 200, 'what the program got for itself lives on');
  });

test('promises no binding of tokens that it does not do, and gives none that are taken for access', async () => {
  const { body } = await callerOf(outside)('/.well-known/openid-configuration');
  const document: Record<string, unknown> = JSON.parse(body);
  for (const name of [
    'dpop_signing_alg_values_supported',
    'tls_client_certificate_bound_access_tokens',
    'mtls_endpoint_aliases',
    'registration_endpoint',
    'device_authorization_endpoint',
    'pushed_authorization_request_endpoint',
    'userinfo_endpoint',
  ])
    assert.equal(document[name], undefined, name);
  const { refresh } = await (await openIdClient()).logIn();
  assert.equal(await api(refresh), 401, 'a refresh token opens nothing');
});
