import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Cast, openCast } from './testing/cast.ts';
import { basic, membersOf, obtainCode, obtainTokens } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

test('a code that comes twice is refused, and what it gave first is dead', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  const first = membersOf(await cast.call('/oauth/token', { headers: basic(cast.web), form }));
  assert.equal(await cast.api('readonly', first.access_token ?? ''), 200);
  const second = await cast.call('/oauth/token', { headers: basic(cast.web), form });
  assert.equal(membersOf(second).error, 'invalid_grant');
  assert.equal(await cast.api('readonly', first.access_token ?? ''), 401);
  assert.equal(membersOf(await cast.refresh(first.refresh_token ?? '')).error, 'invalid_grant');
});

test('a code that is 61 seconds old is refused, and one of 50 seconds is not', async () => {
  const age = (seconds: number) =>
    cast.ground.database.query(
      `UPDATE oauth_state SET expires_at = expires_at - make_interval(secs => $1) WHERE kind = 'AuthorizationCode'`,
      [seconds],
    );
  const old = await obtainCode(cast.ground, cast.web);
  await age(61);
  assert.equal(
    membersOf(await cast.call('/oauth/token', { headers: basic(cast.web), form: old })).error,
    'invalid_grant',
  );
  const young = await obtainCode(cast.ground, cast.web);
  await age(50);
  assert.equal((await cast.call('/oauth/token', { headers: basic(cast.web), form: young })).status, 200);
});

test('of 50 redemptions of one code at the same time one wins, and its tokens die', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => cast.call('/oauth/token', { headers: basic(cast.web), form })),
  );
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const reply of replies) if (reply.status !== 200) assert.equal(membersOf(reply).error, 'invalid_grant');
  assert.ok(won[0] !== undefined);
  assert.equal(await cast.api('readonly', membersOf(won[0]).access_token ?? ''), 401);
});

test('of 200 refreshes of one token at the same time one wins, and the family dies', { timeout: 60_000 }, async () => {
  const { refresh: token, access } = await obtainTokens(cast.ground, cast.web);
  const replies = await Promise.all(Array.from({ length: 200 }, () => cast.refresh(token)));
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const reply of replies) if (reply.status !== 200) assert.equal(membersOf(reply).error, 'invalid_grant');
  assert.ok(won[0] !== undefined);
  const winner = membersOf(won[0]);
  assert.equal(membersOf(await cast.refresh(winner.refresh_token ?? '')).error, 'invalid_grant');
  assert.equal(await cast.api('readonly', winner.access_token ?? ''), 401);
  assert.equal(await cast.api('readonly', access), 401);
});

test('a refresh token rotates, and a replay of the old one ends the new one', async () => {
  const { refresh: first } = await obtainTokens(cast.ground, cast.web);
  const second = membersOf(await cast.refresh(first));
  assert.notEqual(second.refresh_token, first);
  const third = membersOf(await cast.refresh(second.refresh_token ?? ''));
  assert.equal(await cast.api('readonly', third.access_token ?? ''), 200, 'rotation alone ends nothing');
  assert.equal(membersOf(await cast.refresh(first)).error, 'invalid_grant');
  assert.equal(membersOf(await cast.refresh(third.refresh_token ?? '')).error, 'invalid_grant');
  assert.equal(await cast.api('readonly', third.access_token ?? ''), 401);
});

test('a family of refresh tokens ends twelve hours after the login, however often it is refreshed', async () => {
  const { refresh: first } = await obtainTokens(cast.ground, cast.web);
  const families = async (): Promise<unknown> =>
    cast.ground.database.query(
      `SELECT max(payload->>'exp') AS exp FROM oauth_state WHERE kind = 'RefreshToken' AND consumed_at IS NULL`,
    );
  await cast.ground.database.query(
    `UPDATE oauth_state SET payload = payload || jsonb_build_object('exp', (payload->>'exp')::bigint - 3600)
     WHERE kind = 'RefreshToken'`,
  );
  const before = await families();
  const second = membersOf(await cast.refresh(first));
  assert.deepEqual(await families(), before, 'the new one ends when the old one was to');
  await cast.ground.database.query(`UPDATE oauth_state SET expires_at = now() WHERE kind = 'RefreshToken'`);
  assert.equal(membersOf(await cast.refresh(second.refresh_token ?? '')).error, 'invalid_grant');
});

test('refuses more scope at a refresh than was given, and another client with the token', async () => {
  const { refresh: token } = await obtainTokens(cast.ground, cast.web);
  assert.equal(membersOf(await cast.refresh(token, { scope: 'read write' })).error, 'invalid_scope');
  assert.equal(membersOf(await cast.refresh(token, {}, cast.other)).error, 'invalid_grant');
  assert.equal((await cast.refresh(token)).status, 200, 'neither used the token up');
});
