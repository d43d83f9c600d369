import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import { createPasswords } from './people/password.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { basic, membersOf, obtainCode } from './testing/flow.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

test('takes no hash that lies in the database for the secret of a client', async () => {
  const rows = await cast.ground.database.query('SELECT secret_hash FROM oauth_clients WHERE id = $1', ['web']);
  const [row] = z.array(z.object({ secret_hash: z.string() })).parse(rows);
  const stolen = { id: 'web', secret: new Secret(row?.secret_hash ?? assert.fail('there is no hash')) };
  const form = await obtainCode(cast.ground, cast.web);
  const refused = await cast.call('/oauth/token', { headers: basic(stolen), form });
  assert.deepEqual([refused.status, membersOf(refused).error], [401, 'invalid_client']);
  assert.equal((await cast.call('/oauth/token', { headers: basic(cast.web), form })).status, 200);
});

test('tells a client that cannot say who it is nothing about a token, not even about its own', async () => {
  const form = await obtainCode(cast.ground, cast.page);
  const given = membersOf(await cast.call('/oauth/token', { form: { ...form, client_id: 'page' } }));
  for (const token of [given.access_token, given.refresh_token]) {
    const reply = await cast.call('/oauth/introspect', { form: { token: token ?? '', client_id: 'page' } });
    assert.notEqual(membersOf(reply).active, true, reply.body);
  }
});

test('takes as long to refuse the password of nobody as of somebody', async () => {
  const passwords = createPasswords();
  const wrong = new Secret('a wrong password');
  const hashed = await passwords.hash(new Secret('the right password'));
  const fastest = async (known: string | undefined): Promise<number> => {
    const times = [];
    for (let turn = 0; turn < 7; turn += 1) {
      const started = performance.now();
      assert.equal(await passwords.matches(wrong, known), false);
      times.push(performance.now() - started);
    }
    return Math.min(...times);
  };
  const [somebody, nobody] = [await fastest(hashed), await fastest(undefined)];
  // The hash is most of it; without it a refusal would take a hundredth.
  assert.ok(nobody > somebody / 3, `${nobody} ms for nobody, ${somebody} ms for somebody`);
});
