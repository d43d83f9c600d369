import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBrowser } from './testing/browser.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { authorizationOf } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

const authorize = (changes: Readonly<Record<string, string | undefined>>, client = cast.web) => {
  const parameters = Object.entries({ ...authorizationOf(client).parameters, ...changes }).flatMap(
    ([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]),
  );
  return createBrowser(cast.ground).authorize(`/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
};

const redirectVariants: readonly (readonly [name: string, uri: string])[] = [
  ['with another scheme', 'http://client.example/callback'],
  ['in capitals', 'https://CLIENT.example/callback'],
  ['with another case in its path', 'https://client.example/Callback'],
  ['with its default port', 'https://client.example:443/callback'],
  ['with another port', 'https://client.example:8443/callback'],
  ['with a slash at its end', 'https://client.example/callback/'],
  ['with ..', 'https://client.example/callback/../callback'],
  ['with .. in code', 'https://client.example/callback/%2e%2e/evil'],
  ['with a user', 'https://client.example@evil.example/callback'],
  ['with an empty user', 'https://@client.example/callback'],
  ['with a fragment', 'https://client.example/callback#evil'],
  ['with a query', 'https://client.example/callback?next=evil'],
  ['with an empty query', 'https://client.example/callback?'],
  ['below the host', 'https://evil.client.example/callback'],
  ['with a dot after the host', 'https://client.example./callback'],
  ['with a longer host', 'https://client.example.evil.example/callback'],
  ['with a backslash', 'https://client.example\\@evil.example/callback'],
  ['with a space', 'https://client.example/callback '],
  ['with a coded letter', 'https://client.example/callbac%6b'],
  ['that is a script', 'javascript:alert(1)'],
  ['that is empty', ''],
];
for (const [name, uri] of redirectVariants)
  test(`shows an error and redirects nowhere for a redirect URI ${name}`, async () => {
    const { status, location, body } = await authorize({ redirect_uri: uri });
    assert.equal(status, 400);
    assert.equal(location, undefined);
    assert.match(body, /This did not work/);
  });

const refusedRequests: readonly (readonly [
  name: string,
  error: string,
  changes: Record<string, string | undefined>,
])[] = [
  ['without a code challenge', 'invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
  ['with a plain challenge', 'invalid_request', { code_challenge_method: 'plain' }],
  [
    'with a challenge whose method is left out, which means plain',
    'invalid_request',
    { code_challenge_method: undefined },
  ],
  ['with a challenge that is no hash', 'invalid_request', { code_challenge: 'short' }],
  ['for a token (implicit)', 'unsupported_response_type', { response_type: 'token' }],
  ['for an ID token (implicit)', 'unsupported_response_type', { response_type: 'id_token', nonce: 'n' }],
  ['for code and ID token (hybrid)', 'unsupported_response_type', { response_type: 'code id_token', nonce: 'n' }],
  ['for another resource', 'invalid_target', { resource: 'https://evil.example/' }],
  ['without anybody being asked', 'login_required', { prompt: 'none' }],
  ['by reference', 'request_uri_not_supported', { request_uri: 'https://evil.example/request' }],
];
for (const [name, error, changes] of refusedRequests)
  test(`refuses an authorization request ${name} with ${error}, and says who refuses`, async () => {
    const { location } = await authorize(changes);
    const target = URL.parse(location ?? '');
    assert.ok(target !== null, 'it is sent back');
    const answer = new URLSearchParams(target.search === '' ? target.hash.slice(1) : target.search);
    assert.equal(answer.get('error'), error);
    assert.equal(answer.get('code'), null);
    assert.equal(answer.get('iss'), cast.ground.issuer);
    assert.equal(answer.get('state'), 'some-state');
  });

test('refuses a scope that the client is not registered for', async () => {
  const { location } = await authorize({ scope: 'read write' }, cast.reader);
  assert.equal(URL.parse(location ?? '')?.searchParams.get('error'), 'invalid_scope');
});

test('shows an error for a client that nobody knows, and for parameters that come twice', async () => {
  assert.equal((await authorize({ client_id: 'nobody' })).status, 400);
  const query = new URLSearchParams(authorizationOf(cast.web).parameters).toString();
  const twice = await cast.call(
    `/oauth/authorize?${query}&redirect_uri=${encodeURIComponent('https://evil.example/')}`,
  );
  assert.equal(twice.status, 400);
  assert.equal(twice.headers['location'], undefined);
});

test('names itself in the answer with the code, so that a client that was mixed up notices', async () => {
  const { location } = await authorize({});
  const { searchParams } = new URL(location ?? '');
  assert.equal(searchParams.get('iss'), cast.ground.issuer);
  assert.equal(searchParams.get('state'), 'some-state');
  assert.ok(searchParams.get('code') !== null);
});
