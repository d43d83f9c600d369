import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { redirectVariants, refusedRequests } from './testing/abuses.ts';
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

for (const [name, uri] of redirectVariants)
  test(`shows an error and redirects nowhere for a redirect URI ${name}`, async () => {
    const { status, location, body } = await authorize({ redirect_uri: uri });
    assert.equal(status, 400);
    assert.equal(location, undefined);
    assert.match(body, /This did not work/);
  });

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
