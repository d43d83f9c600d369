import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Reply, type Sending, callerOf, createBrowser } from './testing/browser.ts';
import {
  type TestClient,
  addWebClient,
  authorizationOf,
  basic,
  membersOf,
  obtainCode,
  obtainTokens,
} from './testing/flow.ts';
import { type Ground, openGround, redirectUri } from './testing/ground.ts';

let ground: Ground;
let web: TestClient;
let other: TestClient;
let reader: TestClient;
let robot: TestClient;
let page: TestClient;
let call: (path: string, sending?: Sending) => Promise<Reply>;

before(async () => {
  ground = await openGround();
  call = callerOf(ground);
  web = await addWebClient(ground, 'web');
  other = await addWebClient(ground, 'other');
  reader = await addWebClient(ground, 'reader', ['openid', 'read']);
  robot = {
    id: 'robot',
    ...(await ground.server.clients.add({
      id: 'robot',
      authentication: 'client_secret_post',
      redirectUris: [],
      grants: ['client_credentials'],
      scopes: ['read'],
      role: 'admin',
    })),
  };
  page = {
    id: 'page',
    ...(await ground.server.clients.add({
      id: 'page',
      authentication: 'none',
      redirectUris: [redirectUri],
      grants: ['authorization_code', 'refresh_token'],
    })),
  };
});
after(async () => {
  const { failures } = ground;
  await ground.close();
  assert.deepEqual(failures, [], 'no abuse makes the server fail');
});

const authorize = (changes: Readonly<Record<string, string | undefined>>, client = web) => {
  const parameters = Object.entries({ ...authorizationOf(client).parameters, ...changes }).flatMap(
    ([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]),
  );
  return createBrowser(ground).authorize(`/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
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
    assert.equal(answer.get('iss'), ground.issuer);
    assert.equal(answer.get('state'), 'some-state');
  });

test('refuses a scope that the client is not registered for', async () => {
  const { location } = await authorize({ scope: 'read write' }, reader);
  assert.equal(URL.parse(location ?? '')?.searchParams.get('error'), 'invalid_scope');
});

test('shows an error for a client that nobody knows, and for parameters that come twice', async () => {
  assert.equal((await authorize({ client_id: 'nobody' })).status, 400);
  const query = new URLSearchParams(authorizationOf(web).parameters).toString();
  const twice = await call(`/oauth/authorize?${query}&redirect_uri=${encodeURIComponent('https://evil.example/')}`);
  assert.equal(twice.status, 400);
  assert.equal(twice.headers['location'], undefined);
});

test('names itself in the answer with the code, so that a client that was mixed up notices', async () => {
  const { location } = await authorize({});
  const { searchParams } = new URL(location ?? '');
  assert.equal(searchParams.get('iss'), ground.issuer);
  assert.equal(searchParams.get('state'), 'some-state');
  assert.ok(searchParams.get('code') !== null);
});

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
    send: (form) => ({ headers: basic(web), form: { ...form, code_verifier: 'x'.repeat(43) } }),
  },
  {
    name: 'without a verifier',
    status: 400,
    error: 'invalid_grant',
    send: ({ code_verifier: _verifier, ...form }) => ({ headers: basic(web), form }),
  },
  {
    name: 'with another redirect URI',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(web), form: { ...form, redirect_uri: `${redirectUri}/` } }),
  },
  {
    name: 'without a redirect URI',
    status: 400,
    error: 'invalid_request',
    send: ({ redirect_uri: _uri, ...form }) => ({ headers: basic(web), form }),
  },
  {
    name: 'by another client',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(other), form }),
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
    send: (form) => ({ headers: basic(web), form: { ...form, client_secret: web.secret?.reveal() ?? '' } }),
  },
  {
    name: 'with two different clients',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(web), form: { ...form, client_id: 'other' } }),
  },
  {
    name: 'with two codes',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(web), form: [...Object.entries(form), ['code', 'another']] }),
  },
  {
    name: 'as JSON',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({
      headers: { ...basic(web), 'content-type': 'application/json' },
      text: JSON.stringify(form),
    }),
  },
  {
    name: 'with a body of 60 KiB',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ headers: basic(web), form: { ...form, padding: 'x'.repeat(60 * 1024) } }),
  },
  {
    name: 'by password (the grant)',
    status: 400,
    error: 'unsupported_grant_type',
    send: () => ({
      headers: basic(web),
      form: { grant_type: 'password', username: 'ada', password: ground.password.reveal() },
    }),
  },
  {
    name: 'by a grant that the client is not registered for',
    status: 400,
    // RFC 6749 would say unauthorized_client; the provider says this.
    error: 'invalid_request',
    send: () => ({ headers: basic(web), form: { grant_type: 'client_credentials' } }),
  },
  {
    name: 'with a refresh token that was never given',
    status: 400,
    error: 'invalid_grant',
    send: () => ({ headers: basic(web), form: { grant_type: 'refresh_token', refresh_token: "' OR 1=1 --" } }),
  },
  {
    name: 'with a NUL in the code',
    status: 400,
    error: 'invalid_grant',
    send: (form) => ({ headers: basic(web), form: { ...form, code: `${form['code'] ?? ''}\0` } }),
  },
  {
    name: 'for another resource',
    status: 400,
    error: 'invalid_target',
    send: (form) => ({ headers: basic(web), form: { ...form, resource: 'https://evil.example/' } }),
  },
];
for (const { name, status, error, send } of refusedTokens)
  test(`refuses a token request ${name} with ${error}`, async () => {
    const reply = await call('/oauth/token', { method: 'POST', ...send(await obtainCode(ground, web)) });
    assert.equal(membersOf(reply).error, error, reply.body);
    assert.equal(reply.status, status);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.match(String(reply.headers['content-type']), /^application\/json/);
  });

const api = async (role: string, token: string): Promise<number> =>
  (await call(`/api/${role}`, { headers: { authorization: `Bearer ${token}` } })).status;
const refresh = (token: string, more: Record<string, string> = {}, client = web): Promise<Reply> =>
  call('/oauth/token', {
    headers: basic(client),
    form: { grant_type: 'refresh_token', refresh_token: token, ...more },
  });

test('a code that comes twice is refused, and what it gave first is dead', async () => {
  const form = await obtainCode(ground, web);
  const first = membersOf(await call('/oauth/token', { headers: basic(web), form }));
  assert.equal(await api('readonly', first.access_token ?? ''), 200);
  const second = await call('/oauth/token', { headers: basic(web), form });
  assert.equal(membersOf(second).error, 'invalid_grant');
  assert.equal(await api('readonly', first.access_token ?? ''), 401);
  assert.equal(membersOf(await refresh(first.refresh_token ?? '')).error, 'invalid_grant');
});

test('a code that is 61 seconds old is refused, and one of 59 seconds is not', async () => {
  const age = (seconds: number) =>
    ground.database.query(
      `UPDATE oauth_state SET expires_at = expires_at - make_interval(secs => $1) WHERE kind = 'AuthorizationCode'`,
      [seconds],
    );
  const old = await obtainCode(ground, web);
  await age(61);
  assert.equal(membersOf(await call('/oauth/token', { headers: basic(web), form: old })).error, 'invalid_grant');
  const young = await obtainCode(ground, web);
  await age(50);
  assert.equal((await call('/oauth/token', { headers: basic(web), form: young })).status, 200);
});

test('of 50 redemptions of one code at the same time one wins, and its tokens die', async () => {
  const form = await obtainCode(ground, web);
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => call('/oauth/token', { headers: basic(web), form })),
  );
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const reply of replies) if (reply.status !== 200) assert.equal(membersOf(reply).error, 'invalid_grant');
  assert.ok(won[0] !== undefined);
  assert.equal(await api('readonly', membersOf(won[0]).access_token ?? ''), 401);
});

test('of 200 refreshes of one token at the same time one wins, and the family dies', { timeout: 60_000 }, async () => {
  const { refresh: token, access } = await obtainTokens(ground, web);
  const replies = await Promise.all(Array.from({ length: 200 }, () => refresh(token)));
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const reply of replies) if (reply.status !== 200) assert.equal(membersOf(reply).error, 'invalid_grant');
  assert.ok(won[0] !== undefined);
  const winner = membersOf(won[0]);
  assert.equal(membersOf(await refresh(winner.refresh_token ?? '')).error, 'invalid_grant');
  assert.equal(await api('readonly', winner.access_token ?? ''), 401);
  assert.equal(await api('readonly', access), 401);
});

test('a refresh token rotates, and a replay of the old one ends the new one', async () => {
  const { refresh: first } = await obtainTokens(ground, web);
  const second = membersOf(await refresh(first));
  assert.notEqual(second.refresh_token, first);
  const third = membersOf(await refresh(second.refresh_token ?? ''));
  assert.equal(await api('readonly', third.access_token ?? ''), 200, 'rotation alone ends nothing');
  assert.equal(membersOf(await refresh(first)).error, 'invalid_grant');
  assert.equal(membersOf(await refresh(third.refresh_token ?? '')).error, 'invalid_grant');
  assert.equal(await api('readonly', third.access_token ?? ''), 401);
});

test('a family of refresh tokens ends twelve hours after the login, however often it is refreshed', async () => {
  const { refresh: first } = await obtainTokens(ground, web);
  const families = async (): Promise<unknown> =>
    ground.database.query(
      `SELECT max(payload->>'exp') AS exp FROM oauth_state WHERE kind = 'RefreshToken' AND consumed_at IS NULL`,
    );
  await ground.database.query(
    `UPDATE oauth_state SET payload = payload || jsonb_build_object('exp', (payload->>'exp')::bigint - 3600)
     WHERE kind = 'RefreshToken'`,
  );
  const before = await families();
  const second = membersOf(await refresh(first));
  assert.deepEqual(await families(), before, 'the new one ends when the old one was to');
  await ground.database.query(`UPDATE oauth_state SET expires_at = now() WHERE kind = 'RefreshToken'`);
  assert.equal(membersOf(await refresh(second.refresh_token ?? '')).error, 'invalid_grant');
});

test('refuses more scope at a refresh than was given, and another client with the token', async () => {
  const { refresh: token } = await obtainTokens(ground, web);
  assert.equal(membersOf(await refresh(token, { scope: 'read write' })).error, 'invalid_scope');
  assert.equal(membersOf(await refresh(token, {}, other)).error, 'invalid_grant');
  assert.equal((await refresh(token)).status, 200, 'neither used the token up');
});

test('a client gets the roles of its scopes and no more', async () => {
  const form = { grant_type: 'client_credentials', client_id: 'robot', client_secret: robot.secret?.reveal() ?? '' };
  const token = membersOf(await call('/oauth/token', { form })).access_token ?? '';
  assert.equal(await api('readonly', token), 200);
  assert.equal(await api('user', token), 403, 'its role is admin, and its scope is read');
  assert.equal(membersOf(await call('/oauth/token', { form: { ...form, scope: 'write' } })).error, 'invalid_scope');
});

test('a public client redeems its code by PKCE alone', async () => {
  const form = await obtainCode(ground, page);
  assert.equal((await call('/oauth/token', { form: { ...form, client_id: 'page' } })).status, 200);
});

const ask = (endpoint: string, token: string, headers: Record<string, string> = basic(web)): Promise<Reply> =>
  call(endpoint, { headers, form: { token } });

test('revocation of what does not exist is 200, and of the token of another client changes nothing', async () => {
  const { access, refresh: token } = await obtainTokens(ground, web);
  for (const unknown of ['nothing', 'a.b.c', `${access}x`])
    assert.equal((await ask('/oauth/revoke', unknown)).status, 200);
  await ask('/oauth/revoke', access, basic(other));
  await ask('/oauth/revoke', token, basic(other));
  assert.equal(await api('readonly', access), 200);
  assert.equal((await refresh(token)).status, 200);
});

test('introspection of what is not good is exactly {"active":false}', async () => {
  const { access, refresh: token } = await obtainTokens(ground, web);
  assert.equal(membersOf(await ask('/oauth/introspect', access)).active, true);
  assert.equal(membersOf(await ask('/oauth/introspect', token)).active, true);
  const inactive = '{"active":false}';
  for (const wrong of ['nothing', 'a.b.c', `${access.slice(0, -2)}AA`])
    assert.equal((await ask('/oauth/introspect', wrong)).body, inactive);
  for (const theirs of [access, token])
    assert.equal((await ask('/oauth/introspect', theirs, basic(other))).body, inactive);
  await ground.database.query(`UPDATE oauth_access_tokens SET expires_at = now()`);
  await ground.database.query(`UPDATE oauth_state SET expires_at = now() WHERE kind = 'RefreshToken'`);
  for (const expired of [access, token]) {
    const reply = await ask('/oauth/introspect', expired);
    assert.equal(reply.status, 200);
    assert.equal(reply.body, inactive);
  }
});

for (const endpoint of ['/oauth/introspect', '/oauth/revoke'])
  test(`${endpoint} tells nothing to those who do not say who they are`, async () => {
    const { access } = await obtainTokens(ground, web);
    const wrong = { authorization: `Basic ${btoa('web:wrong')}` };
    assert.equal((await ask(endpoint, access, {})).status, 400);
    const refused = await ask(endpoint, access, wrong);
    assert.equal(refused.status, 401);
    assert.equal(membersOf(refused).error, 'invalid_client');
    assert.match(String(refused.headers['www-authenticate']), /^Basic /);
    assert.equal(await api('readonly', access), 200);
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
    assert.equal((await call(path, { form: { grant_type: 'x' } })).status, 404, path);
});

test('keeps no token, code, secret or password in its tables that could be used', async () => {
  const form = await obtainCode(ground, web);
  const { access, refresh: token } = await obtainTokens(ground, web);
  const tables = ['oauth_state', 'oauth_access_tokens', 'oauth_clients', 'accounts', 'oauth_login_attempts'];
  const all = await Promise.all(tables.map((table) => ground.database.query(`SELECT * FROM ${table}`)));
  const text = JSON.stringify(all);
  for (const secret of [form['code'], access, token, web.secret?.reveal(), ground.password.reveal()])
    assert.ok(secret !== undefined && !text.includes(secret));
  assert.match(text, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});
