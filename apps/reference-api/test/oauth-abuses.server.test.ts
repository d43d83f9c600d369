import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { redirectVariants, refusedRequests, refusedTokens } from '../src/oauth/testing/abuses.ts';
import { type Reply, type Sending, callerOf, createBrowser } from '../src/oauth/testing/browser.ts';
import {
  type TestClient,
  authorizationOf,
  basic,
  membersOf,
  obtainCode,
  obtainTokens,
} from '../src/oauth/testing/flow.ts';
import { type Outside, redirectUri } from '../src/oauth/testing/ground.ts';
import { achieve, populate } from '../src/testing/operator.ts';
import { nextAddress } from './attacked/call.ts';
import { type Target, openTarget } from './attacked/target.ts';

const password = new Secret(`canary ${crypto.randomUUID()}`);
let target: Target;
let web: TestClient;
let other: TestClient;
let authority: string;
before(async () => {
  target = await openTarget();
  ({ web } = await populate(target.api, password));
  const words = ['clients', 'add', 'other', '--redirect-uri', redirectUri];
  other = { id: 'other', secret: new Secret((await achieve(target.api, words)).trim()) };
  authority = await readFile(target.authorityFile, 'utf8');
});
after(() => target[Symbol.asyncDispose]());

test('has abuses that nobody cut down', () => {
  const count = redirectVariants.length + refusedRequests.length + refusedTokens.length;
  assert.ok(count >= 50, `${count} abuses`);
});

const outsideBy = (way: 'direct' | 'gateway'): Outside => ({
  issuer: target.issuance.issuer,
  authority,
  password,
  connection: { port: target[way].port, from: nextAddress },
});

/** What is asked of the server by a way. */
const callsBy = (way: 'direct' | 'gateway') => {
  const call = (path: string, sending?: Sending): Promise<Reply> => callerOf(outsideBy(way))(path, sending);
  const authorize = (changes: Readonly<Record<string, string | undefined>>) => {
    const parameters = Object.entries({ ...authorizationOf(web).parameters, ...changes }).flatMap(
      ([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]),
    );
    return createBrowser(outsideBy(way)).authorize(`/oauth/authorize?${new URLSearchParams(parameters).toString()}`);
  };
  const api = async (token: string): Promise<number> =>
    (await call('/api/users', { headers: { authorization: `Bearer ${token}` } })).status;
  const redeem = (form: Record<string, string>): Promise<Reply> => call('/oauth/token', { headers: basic(web), form });
  const refresh = (token: string): Promise<Reply> => redeem({ grant_type: 'refresh_token', refresh_token: token });
  return { call, authorize, api, redeem, refresh };
};

for (const way of ['direct', 'gateway'] as const)
  suite(`the authorization server, ${way === 'direct' ? 'called directly' : 'called through nginx'},`, () => {
    const { call, authorize, api, redeem, refresh } = callsBy(way);
    after(() => target.checkUnharmed());

    test('gives tokens to those who ask as they should, so that refusals mean something', async () => {
      const { access, refresh: token } = await obtainTokens(outsideBy(way), web);
      assert.equal(await api(access), 200);
      assert.equal((await refresh(token)).status, 200);
    });

    test('redirects to no address that is nearly the registered one', async () => {
      for (const [name, uri] of redirectVariants) {
        const { status, location, body } = await authorize({ redirect_uri: uri });
        assert.deepEqual([status, location], [400, undefined], name);
        assert.match(body, /This did not work/, name);
      }
    });

    test('sends back authorization requests that it refuses, and says who refuses', async () => {
      for (const [name, error, changes] of refusedRequests) {
        const answer = URL.parse((await authorize(changes)).location ?? '');
        assert.ok(answer !== null, name);
        const given = new URLSearchParams(answer.search === '' ? answer.hash.slice(1) : answer.search);
        const found = ['error', 'code', 'iss', 'state'].map((each) => given.get(each));
        assert.deepEqual(found, [error, null, target.issuance.issuer, 'some-state'], name);
      }
    });

    test('refuses token requests with the error that RFC 6749 has for each', async () => {
      const cast = { web, other, ground: { password } };
      for (const { name, status, error, send } of refusedTokens) {
        const reply = await call('/oauth/token', {
          method: 'POST',
          ...send(await obtainCode(outsideBy(way), web), cast),
        });
        assert.deepEqual([reply.status, membersOf(reply).error], [status, error], `${name}: ${reply.body}`);
        assert.equal(reply.headers['cache-control'], 'no-store', name);
        assert.match(String(reply.headers['content-type']), /^application\/json/, name);
      }
    });

    test('lets one of many redemptions of a code win, and ends what it gave', async () => {
      const form = await obtainCode(outsideBy(way), web);
      const replies = await Promise.all(Array.from({ length: 30 }, () => redeem(form)));
      const [winner, ...more] = replies.filter(({ status }) => status === 200);
      assert.ok(winner !== undefined && more.length === 0, `${more.length + 1} won`);
      for (const reply of replies) if (reply !== winner) assert.equal(membersOf(reply).error, 'invalid_grant');
      assert.equal(await api(membersOf(winner).access_token ?? ''), 401);
    });

    test('ends a family of tokens whose refresh token comes a second time', async () => {
      const { refresh: first } = await obtainTokens(outsideBy(way), web);
      const second = membersOf(await refresh(first));
      assert.equal(await api(second.access_token ?? ''), 200);
      assert.equal(membersOf(await refresh(first)).error, 'invalid_grant');
      assert.equal(membersOf(await refresh(second.refresh_token ?? '')).error, 'invalid_grant');
      assert.equal(await api(second.access_token ?? ''), 401);
    });

    test('tells strangers nothing about tokens, and revokes none for them', async () => {
      const { access } = await obtainTokens(outsideBy(way), web);
      for (const path of ['/oauth/introspect', '/oauth/revoke']) {
        assert.equal((await call(path, { form: { token: access } })).status, 400, path);
        const headers = { authorization: `Basic ${btoa('web:wrong')}` };
        const refused = await call(path, { headers, form: { token: access } });
        assert.deepEqual([refused.status, membersOf(refused).error], [401, 'invalid_client'], path);
      }
      const theirs = await call('/oauth/introspect', { headers: basic(other), form: { token: access } });
      assert.equal(theirs.body, '{"active":false}');
      assert.equal(await api(access), 200);
    });

    test('is at no other address', async () => {
      const paths = [
        '/oauth/token/x',
        '/oauth/userinfo',
        '/oauth/reg',
        '/oauth//token',
        '/token',
        '/OAUTH/token',
        '/oauth/..%2ftoken',
      ];
      for (const path of paths) {
        const { status } = await call(path, { form: { grant_type: 'password', username: 'ada', password: 'x' } });
        assert.ok(status === 404 || status === 400, `${path}: ${status}`);
      }
    });
  });
