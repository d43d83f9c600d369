import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Sending } from './testing/browser.ts';
import { type Cast, openCast } from './testing/cast.ts';
import { basic, membersOf, obtainCode } from './testing/flow.ts';
import { redirectUri } from './testing/ground.ts';

let cast: Cast;
before(async () => {
  cast = await openCast();
});
after(() => cast.close());

/** A token request that is refused: what is sent, given a code of `web` and the form that would redeem it. */
const refusedTokens: readonly {
  readonly name: string;
  readonly status: number;
  readonly error: string;
  readonly send: (form: Record<string, string>) => Sending;
}[] = [
  {
    name: 'with the wrong verifier',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, code_verifier: 'x'.repeat(43) } }),
  },
  {
    name: 'without a verifier',
    status: 400,
    error: 'invalid_grant',
    send: ({ code_verifier: _verifier, ...form }) => ({ headers: basic(cast.web), form }),
  },
  {
    name: 'with another redirect URI',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, redirect_uri: `${redirectUri}/` } }),
  },
  {
    name: 'without a redirect URI',
    status: 400,
    error: 'invalid_request',
    send: ({ redirect_uri: _uri, ...form }) => ({ headers: basic(cast.web), form }),
  },
  {
    name: 'by another client',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(cast.other), form }),
  },
  {
    name: 'with the wrong secret',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa('web:wrong')}` }, form }),
  },
  {
    name: 'by a client that nobody knows',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa('nobody:wrong')}` }, form }),
  },
  {
    name: 'with a secret hash in place of the secret',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa(`web:${'A'.repeat(43)}`)}` }, form }),
  },
  {
    name: 'without saying who asks',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ form }),
  },
  {
    name: 'with the name of the client alone',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ form: { ...form, client_id: 'web' } }),
  },
  {
    name: 'with two ways to say who asks',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, client_secret: cast.web.secret?.reveal() ?? '' } }),
  },
  {
    name: 'with two different clients',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, client_id: 'other' } }),
  },
  {
    name: 'with two codes',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(cast.web), form: [...Object.entries(form), ['code', 'another']] }),
  },
  {
    name: 'as JSON',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({
      headers: { ...basic(cast.web), 'content-type': 'application/json' },
      text: JSON.stringify(form),
    }),
  },
  {
    name: 'with a body of 60 KiB',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, padding: 'x'.repeat(60 * 1024) } }),
  },
  {
    name: 'by password (the grant)',
    status: 400,
    error: 'unsupported_grant_type',
    send: () => ({
      headers: basic(cast.web),
      form: { grant_type: 'password', username: 'ada', password: cast.ground.password.reveal() },
    }),
  },
  {
    name: 'by a grant that the client is not registered for',
    status: 400,
    // RFC 6749 would say unauthorized_client; the provider says this.
    error: 'invalid_request',
    send: () => ({ headers: basic(cast.web), form: { grant_type: 'client_credentials' } }),
  },
  {
    name: 'with a refresh token that was never given',
    status: 400,
    error: 'invalid_grant',
    send: () => ({ headers: basic(cast.web), form: { grant_type: 'refresh_token', refresh_token: "' OR 1=1 --" } }),
  },
  {
    name: 'with a NUL in the code',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, code: `${form['code'] ?? ''}\0` } }),
  },
  {
    name: 'for another resource',
    status: 400,
    error: 'invalid_target',
    send: (form) => ({ headers: basic(cast.web), form: { ...form, resource: 'https://evil.example/' } }),
  },
];
for (const { name, status, error, send } of refusedTokens)
  test(`refuses a token request ${name} with ${error}`, async () => {
    const reply = await cast.call('/oauth/token', { method: 'POST', ...send(await obtainCode(cast.ground, cast.web)) });
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
