import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessTokensOf } from './access-tokens.ts';
import { removeAccount } from './removal.ts';
import { callerOf } from './testing/browser.ts';
import { addWebClient, basic, membersOf, obtainCode, obtainTokens } from './testing/flow.ts';
import { type Ground, openGround } from './testing/ground.ts';

let ground: Ground;
before(async () => {
  ground = await openGround({ legacyPasswordGrant: true });
});
after(() => ground.close());

test('an account that is removed takes every kind of its tokens with it at once, and those of others live on', async () => {
  const web = await addWebClient(ground, 'web');
  const call = callerOf(ground);
  const api = async (token: string): Promise<number> =>
    (await call('/api/readonly', { headers: { authorization: `Bearer ${token}` } })).status;
  const byPassword = async (username: string): Promise<string> =>
    membersOf(await call('/token', { form: { username, password: ground.password.reveal() } })).access_token ?? '';
  const redeem = async (form: Record<string, string>): Promise<string | undefined> =>
    membersOf(await call('/oauth/token', { form, headers: basic(web) })).error;
  const introspect = async (token: string): Promise<string> =>
    (await call('/oauth/introspect', { form: { token }, headers: basic(web) })).body;
  const [form, theirs] = [await byPassword('ulf'), await byPassword('ada')];
  const { access, refresh } = await obtainTokens(ground, web);
  const code = await obtainCode(ground, web);
  for (const token of [form, access, theirs]) assert.equal(await api(token), 200);

  const tokens = accessTokensOf(ground.database, Date.now);
  const [row] = await ground.database.query("SELECT id FROM accounts WHERE name = 'ulf'");
  assert.ok(typeof row === 'object' && row !== null && 'id' in row);
  assert.equal(await removeAccount(ground.database, tokens, 'ulf'), true);

  for (const token of [form, access]) assert.equal(await api(token), 401);
  assert.equal(await api(theirs), 200);
  for (const token of [access, refresh]) assert.equal(await introspect(token), '{"active":false}');
  assert.equal(await redeem({ grant_type: 'refresh_token', refresh_token: refresh }), 'invalid_grant');
  assert.equal(await redeem(code), 'invalid_grant');
  const expires = Math.floor(Date.now() / 1000) + 600;
  await tokens.record({ id: 'late', clientId: 'password-form', subject: String(row.id), expires });
  assert.equal(await tokens.isRevoked('late'), true, 'a token that was being made meanwhile');
});
