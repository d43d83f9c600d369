import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { accountsOf } from './people/accounts.ts';
import { attemptsOf } from './people/attempts.ts';
import { createPasswords } from './people/password.ts';
import { callerOf, createBrowser } from './testing/browser.ts';
import { type TestClient, addWebClient, authorizationOf, membersOf } from './testing/flow.ts';
import { type Ground, openGround } from './testing/ground.ts';

let ground: Ground;
let web: TestClient;
before(async () => {
  ground = await openGround({ legacyPasswordGrant: true });
  web = await addWebClient(ground, 'web');
});
after(() => ground.close());

const start = (changes: Readonly<Record<string, string>> = {}): string =>
  `/oauth/authorize?${new URLSearchParams({ ...authorizationOf(web).parameters, ...changes }).toString()}`;
const wrong = new Secret('a wrong password');

test('checks a password with the same work whether the name exists or not', async () => {
  const passwords = createPasswords();
  const accounts = accountsOf(ground.database, passwords, attemptsOf(ground.database, Date.now));
  for (const name of ['ulf', 'nobody', "' OR 1=1 --", 'nul\0', 'x'.repeat(256)]) {
    const earlier = passwords.computed();
    assert.deepEqual(await accounts.logIn(name, wrong), { kind: 'refused' });
    assert.equal(passwords.computed(), earlier + 1, name);
  }
});

test('closes an account after ten failures, before any work, and one that does not exist alike', async () => {
  let now = Date.now();
  const passwords = createPasswords();
  const accounts = accountsOf(
    ground.database,
    passwords,
    attemptsOf(ground.database, () => now),
  );
  for (const name of ['rita', 'missing']) {
    for (let tries = 0; tries < 10; tries++) assert.equal((await accounts.logIn(name, wrong)).kind, 'refused');
    const earlier = passwords.computed();
    for (let tries = 0; tries < 20; tries++) {
      const answer = await accounts.logIn(name, name === 'rita' ? ground.password : wrong);
      assert.equal(answer.kind, 'wait');
      assert.ok(answer.kind === 'wait' && answer.seconds > 0 && answer.seconds <= 900);
    }
    assert.equal(passwords.computed(), earlier);
  }
  now += 15 * 60_000 + 1;
  assert.equal((await accounts.logIn('rita', ground.password)).kind, 'welcome');
});

test('counts attempts that come at the same time, and refuses those for whom there is no room', async () => {
  const passwords = createPasswords();
  const accounts = accountsOf(ground.database, passwords, attemptsOf(ground.database, Date.now));
  const answers = await Promise.all(Array.from({ length: 40 }, () => accounts.logIn('flooded', wrong)));
  assert.equal(answers.filter(({ kind }) => kind === 'refused').length, 10);
  const all = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.matches(wrong, undefined)));
  const busy = all.filter(({ status }) => status === 'rejected');
  assert.equal(busy.length, 18, 'two are checked and forty wait');
  assert.equal(await passwords.matches(wrong, await passwords.hash(wrong)), true, 'and then there is room again');
});

test('shows pages that run no script, in no frame, and lead to the client alone', async () => {
  const browser = createBrowser(ground);
  const page = await browser.follow(start());
  assert.equal(page.status, 200);
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /form-action 'self' https:\/\/client\.example;/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /script-src|unsafe/);
  assert.equal(page.headers['cache-control'], 'no-store');
  const cookies = browser.cookies();
  assert.ok(cookies.some((name) => name.startsWith('__Secure-interaction|/oauth/interaction/')));
});

test('refuses a wrong password and an unknown name with the same page', async () => {
  const pages = [];
  for (const username of ['ulf', 'nobody']) {
    const browser = createBrowser(ground);
    const { path } = await browser.follow(start());
    const reply = await browser.go(`${path}/login`, { form: { username, password: 'wrong' } });
    pages.push([reply.status, reply.body.replaceAll(path, '')]);
  }
  assert.deepEqual(pages[0], pages[1]);
  assert.equal(pages[0]?.[0], 401);
  assert.ok(ground.audited.includes('oauth.login'));
});

test('refuses a form of another origin, of another browser and of another step', async () => {
  const browser = createBrowser(ground);
  const { path } = await browser.follow(start());
  const form = { username: 'ulf', password: ground.password.reveal() };
  for (const origin of ['https://evil.example', 'null'])
    assert.equal((await browser.go(`${path}/login`, { form, headers: { origin } })).status, 403, origin);
  assert.equal((await callerOf(ground)(`${path}/login`, { form })).status, 400, 'without the cookie');
  assert.equal((await browser.go(`${path}/consent`, { method: 'POST' })).status, 400, 'consent before login');
  assert.equal((await browser.go(`${path}/login`, { form, headers: { origin: ground.issuer } })).status, 303);
});

test('sends who cancels back to the client with access_denied', async () => {
  const browser = createBrowser(ground);
  const { path } = await browser.follow(start());
  const { location } = await browser.follow(`${path}/cancel`, { method: 'POST' });
  const { searchParams } = new URL(location ?? '');
  assert.equal(searchParams.get('error'), 'access_denied');
  assert.equal(searchParams.get('code'), null);
});

test('gives a new login a new session, so that a planted one is worth nothing', async () => {
  const browser = createBrowser(ground);
  await browser.authorize(start());
  const again = await browser.follow(start());
  assert.ok(again.location?.includes('code=') === true, 'who is logged in and consented is not asked again');
  const fresh = await createBrowser(ground).follow(start());
  assert.equal(fresh.location, undefined);
});

const password = (form: Readonly<Record<string, string>>) => callerOf(ground)('/token', { form });

test('the password form answers as the page says, where it is on', async () => {
  const good = await password({ username: 'ada', password: ground.password.reveal() });
  const { access_token: token, token_type: type } = JSON.parse(good.body);
  assert.equal(good.status, 200);
  assert.equal(type, 'bearer');
  assert.equal(good.headers['cache-control'], 'no-store');
  const admin = await callerOf(ground)('/api/admin', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(admin.status, 200);
  for (const form of [
    { username: 'ada', password: 'wrong' },
    { username: 'nobody', password: 'wrong' },
  ]) {
    const refused = await password(form);
    assert.equal(refused.status, 401);
    assert.equal(JSON.parse(refused.body).detail, 'Invalid credentials');
  }
  assert.equal((await password({ username: 'ada' })).status, 400);
  assert.equal(membersOf(await password({ username: 'ada' })).error, 'invalid_request');
});

test('the password form closes an account too', async () => {
  const statuses = [];
  for (let tries = 0; tries < 12; tries++) statuses.push((await password({ username: 'brute', password: 'x' })).status);
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429, 429]);
});

const code = (wanted: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === wanted;

test('refuses accounts and clients that would be no good', async () => {
  const { accounts, clients } = ground.server;
  const good = { name: 'eve', password: new Secret('long enough, surely'), role: 'user' } as const;
  const client = {
    id: 'c',
    authentication: 'client_secret_basic',
    redirectUris: ['https://client.example/'],
    grants: ['authorization_code'],
  } as const;
  await assert.rejects(accounts.add({ ...good, password: new Secret('short') }), code('oauth/account-invalid'));
  await assert.rejects(accounts.add({ ...good, name: '<script>' }), code('oauth/account-invalid'));
  await assert.rejects(accounts.add({ ...good, name: 'ada' }), code('oauth/account-taken'));
  for (const redirectUri of [
    'http://client.example/',
    'https://client.example',
    'https://a@b.example/',
    'https://b.example/#x',
    'x',
  ])
    await assert.rejects(
      clients.add({ ...client, redirectUris: [redirectUri] }),
      code('oauth/client-invalid'),
      redirectUri,
    );
  await assert.rejects(clients.add({ ...client, id: 'web' }), code('oauth/client-taken'));
  await assert.rejects(
    clients.add({ ...client, redirectUris: [], grants: ['client_credentials'] }),
    code('oauth/client-invalid'),
  );
});
