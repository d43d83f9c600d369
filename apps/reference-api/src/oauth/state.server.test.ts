import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessTokensOf } from './access-tokens.ts';
import { clientsOf } from './clients.ts';
import { stateOf } from './state.ts';
import { deleteExpired } from './tables.ts';
import { type Ground, openGround } from './testing/ground.ts';

let ground: Ground;
before(async () => {
  ground = await openGround();
});
after(() => ground.close());

const parts = () => {
  const { database } = ground;
  const accessTokens = accessTokensOf(database, Date.now);
  return { accessTokens, adapter: stateOf(database, { clients: clientsOf(database), accessTokens, now: Date.now }) };
};
const expires = Math.floor(Date.now() / 1000) + 600;

test('whoever consumes second ends the grant, also where neither saw the other', async () => {
  const { accessTokens, adapter } = parts();
  const refreshTokens = adapter('RefreshToken');
  await adapter('Grant').upsert('grant-1', { clientId: 'web' }, 600);
  for (const id of ['first', 'sibling']) await refreshTokens.upsert(id, { grantId: 'grant-1' }, 600);
  await accessTokens.record({ id: 'token-1', clientId: 'web', grantId: 'grant-1', expires });
  await refreshTokens.consume('first');
  assert.equal(await accessTokens.isActive('token-1'), true);
  await assert.rejects(refreshTokens.consume('first'), { error: 'invalid_grant' });
  assert.equal(await accessTokens.isRevoked('token-1'), true);
  assert.equal(await refreshTokens.find('sibling'), undefined);
  assert.equal(await adapter('Grant').find('grant-1'), undefined);
});

test('a token that is written down after its grant ended is dead from the start', async () => {
  const { accessTokens, adapter } = parts();
  await adapter('Grant').destroy('grant-2');
  await accessTokens.record({ id: 'token-2', clientId: 'web', grantId: 'grant-2', expires });
  await accessTokens.record({ id: 'token-3', clientId: 'web', grantId: 'grant-3', expires });
  assert.equal(await accessTokens.isRevoked('token-2'), true);
  assert.equal(await accessTokens.isActive('token-3'), true);
});

test('deletes what has expired and nothing else', async () => {
  const { adapter } = parts();
  const codes = adapter('AuthorizationCode');
  await codes.upsert('old', {}, 1);
  await codes.upsert('young', {}, 600);
  await deleteExpired(ground.database, Date.now() + 2_000);
  const rows = await ground.database.query(`SELECT 1 FROM oauth_state WHERE kind = 'AuthorizationCode'`);
  assert.equal(rows.length, 1);
  assert.notEqual(await codes.find('young'), undefined);
});
