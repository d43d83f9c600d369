import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { refusedTokens } from './testing/abuses.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { membersOf, obtainCode } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

for (const { name, status, error, send } of refusedTokens)
  test(`refuses a token request ${name} with ${error}`, async () => {
    const reply = await cast.call('/oauth/token', {
      method: 'POST',
      ...send(await obtainCode(cast.ground, cast.web), cast),
    });
    assert.equal(membersOf(reply).error, error, reply.body);
    assert.equal(reply.status, status);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.match(String(reply.headers['content-type']), /^application\/json/);
  });

test('a client gets the roles of its scopes and no more', async () => {
  const form = {
    grant_type: 'client_credentials',
    client_id: 'robot',
    client_secret: cast.robot.secret?.reveal() ?? '',
  };
  const token = membersOf(await cast.call('/oauth/token', { form })).access_token ?? '';
  assert.equal(await cast.api('readonly', token), 200);
  assert.equal(await cast.api('user', token), 403, 'its role is admin, and its scope is read');
  assert.equal(
    membersOf(await cast.call('/oauth/token', { form: { ...form, scope: 'write' } })).error,
    'invalid_scope',
  );
});

test('a public client redeems its code by PKCE alone', async () => {
  const form = await obtainCode(cast.ground, cast.page);
  assert.equal((await cast.call('/oauth/token', { form: { ...form, client_id: 'page' } })).status, 200);
});
