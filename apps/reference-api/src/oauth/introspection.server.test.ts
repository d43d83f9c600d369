import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Reply } from './testing/browser.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { basic, membersOf, obtainCode, obtainTokens } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

const ask = (endpoint: string, token: string, headers: Record<string, string> = basic(cast.web)): Promise<Reply> =>
  cast.call(endpoint, { headers, form: { token } });

test('revocation of what does not exist is 200, and of the token of another client changes nothing', async () => {
  const { access, refresh: token } = await obtainTokens(cast.ground, cast.web);
  for (const unknown of ['nothing', 'a.b.c', `${access}x`])
    assert.equal((await ask('/oauth/revoke', unknown)).status, 200);
  await ask('/oauth/revoke', access, basic(cast.other));
  await ask('/oauth/revoke', token, basic(cast.other));
  assert.equal(await cast.api('readonly', access), 200);
  assert.equal((await cast.refresh(token)).status, 200);
});

test('introspection of what is not good is exactly {"active":false}', async () => {
  const { access, refresh: token } = await obtainTokens(cast.ground, cast.web);
  assert.equal(membersOf(await ask('/oauth/introspect', access)).active, true);
  assert.equal(membersOf(await ask('/oauth/introspect', token)).active, true);
  const inactive = '{"active":false}';
  for (const wrong of ['nothing', 'a.b.c', `${access.slice(0, -2)}AA`])
    assert.equal((await ask('/oauth/introspect', wrong)).body, inactive);
  for (const theirs of [access, token])
    assert.equal((await ask('/oauth/introspect', theirs, basic(cast.other))).body, inactive);
  await cast.ground.database.query(`UPDATE oauth_access_tokens SET expires_at = now()`);
  await cast.ground.database.query(`UPDATE oauth_state SET expires_at = now() WHERE kind = 'RefreshToken'`);
  for (const expired of [access, token]) {
    const reply = await ask('/oauth/introspect', expired);
    assert.equal(reply.status, 200);
    assert.equal(reply.body, inactive);
  }
});

for (const endpoint of ['/oauth/introspect', '/oauth/revoke'])
  test(`${endpoint} tells nothing to those who do not say who they are`, async () => {
    const { access } = await obtainTokens(cast.ground, cast.web);
    const wrong = { authorization: `Basic ${btoa('web:wrong')}` };
    assert.equal((await ask(endpoint, access, {})).status, 400);
    const refused = await ask(endpoint, access, wrong);
    assert.equal(refused.status, 401);
    assert.equal(membersOf(refused).error, 'invalid_client');
    assert.match(String(refused.headers['www-authenticate']), /^Basic /);
    assert.equal(await cast.api('readonly', access), 200);
  });

test('serves no path but its own: not spelled otherwise, not below', async () => {
  for (const path of [
    '/oauth/token/x',
    '/oauth/userinfo',
    '/oauth/reg',
    '/oauth/device',
    '/oauth//token',
    '/token',
    '/OAUTH/token',
  ])
    assert.equal((await cast.call(path, { form: { grant_type: 'x' } })).status, 404, path);
});

test('keeps no token, code, secret or password in its tables that could be used', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  const { access, refresh: token } = await obtainTokens(cast.ground, cast.web);
  const tables = ['oauth_state', 'oauth_access_tokens', 'oauth_clients', 'accounts', 'oauth_login_attempts'];
  const all = await Promise.all(tables.map((table) => cast.ground.database.query(`SELECT * FROM ${table}`)));
  const text = JSON.stringify(all);
  for (const secret of [form['code'], access, token, cast.web.secret?.reveal(), cast.ground.password.reveal()])
    assert.ok(secret !== undefined && !text.includes(secret));
  assert.match(text, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});
