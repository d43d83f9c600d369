import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as z from 'zod';
import type { Reply } from './testing/browser.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { basic, membersOf, obtainCode, obtainTokens } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

const token = (form: Record<string, string>): Promise<Reply> =>
  cast.call('/oauth/token', { headers: basic(cast.web), form });

const rows = z.array(z.object({ kind: z.string(), kept: z.coerce.number(), told: z.coerce.number() }));
/** For how many seconds the newest code or refresh token is kept, and how many it gives itself. */
const lifeOf = async (kind: string) => {
  const found = await cast.ground.database.query(
    `SELECT kind, extract(epoch FROM expires_at - now()) AS kept, (payload->>'exp')::bigint - extract(epoch FROM now()) AS told
     FROM oauth_state WHERE kind = $1 ORDER BY (payload->>'iat')::bigint DESC, expires_at DESC LIMIT 1`,
    [kind],
  );
  const [row] = rows.parse(found);
  return row ?? assert.fail(`there is no ${kind}`);
};
const isAbout = (seconds: number, wanted: number): void =>
  assert.ok(seconds <= wanted + 1 && seconds > wanted - 15, `${seconds} is not about ${wanted}`);

test('a code lives a minute, an access token ten, and the family of a login twelve hours, also when it was refreshed', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  const code = await lifeOf('AuthorizationCode');
  isAbout(code.kept, 60);
  isAbout(code.told, 60);
  const first = membersOf(await token(form));
  const { exp = 0, iat = 0 } = decodeJwt(first.access_token ?? '');
  assert.equal(exp - iat, 600);
  for (const refresh of [undefined, first.refresh_token]) {
    if (refresh !== undefined) assert.equal((await cast.refresh(refresh)).status, 200);
    const { kept, told } = await lifeOf('RefreshToken');
    isAbout(kept, 12 * 3600);
    isAbout(told, 12 * 3600);
  }
});

test('refuses a verifier where the code was given without a challenge', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  // No request without a challenge gets a code, so the challenge is taken away afterwards.
  const changed = await cast.ground.database.query(
    `UPDATE oauth_state SET payload = payload - 'codeChallenge' - 'codeChallengeMethod'
     WHERE kind = 'AuthorizationCode' AND consumed_at IS NULL AND payload ? 'codeChallenge' RETURNING id`,
  );
  assert.ok(changed.length > 0);
  const reply = await token(form);
  assert.deepEqual([reply.status, membersOf(reply).error], [400, 'invalid_grant']);
});

test('lets nobody keep an answer that holds a token or is about one', async () => {
  const code = await token(await obtainCode(cast.ground, cast.web));
  const { access, refresh } = await obtainTokens(cast.ground, cast.web);
  const about = (path: string, value: string): Promise<Reply> =>
    cast.call(path, { headers: basic(cast.web), form: { token: value } });
  const { robot } = cast;
  const own = { grant_type: 'client_credentials', client_id: robot.id, client_secret: robot.secret?.reveal() ?? '' };
  const answers = [
    code,
    await cast.refresh(refresh),
    await cast.call('/oauth/token', { form: own }),
    await about('/oauth/introspect', access),
    await about('/oauth/introspect', 'nothing'),
    await about('/oauth/revoke', access),
    await about('/oauth/revoke', 'nothing'),
  ];
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers['cache-control']]),
    answers.map(() => [200, 'no-store']),
  );
  for (const { body, headers } of answers.slice(0, 3)) {
    assert.match(String(headers['content-type']), /^application\/json/);
    const { token_type: type, expires_in: seconds }: { token_type: string; expires_in: number } = JSON.parse(body);
    assert.deepEqual([type, seconds], ['Bearer', 600]);
  }
});

test('ends what came of a code that is redeemed again after a refresh, and nothing for a client that it was not given to', async () => {
  const form = await obtainCode(cast.ground, cast.web);
  const first = membersOf(await token(form));
  const second = membersOf(await cast.refresh(first.refresh_token ?? ''));
  assert.equal(await cast.api('readonly', second.access_token ?? ''), 200);
  // Of another client, which cannot redeem it: nothing ends, or it could end the logins of others.
  const foreign = await cast.call('/oauth/token', { headers: basic(cast.other), form });
  assert.equal(membersOf(foreign).error, 'invalid_grant');
  assert.equal(await cast.api('readonly', second.access_token ?? ''), 200);
  assert.equal(membersOf(await token(form)).error, 'invalid_grant');
  for (const { access_token: access } of [first, second]) assert.equal(await cast.api('readonly', access ?? ''), 401);
  assert.equal(membersOf(await cast.refresh(second.refresh_token ?? '')).error, 'invalid_grant');
});
