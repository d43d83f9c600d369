import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { application } from '../../test/application.ts';
import { createAuthority } from '../../test/authority.ts';
import { type KeySetServer, jwk, startKeySetServer } from '../../test/key-set-server.ts';
import { audience, claims, header, issuer, keys, seconds, signed, token } from '../../test/tokens.ts';
import type { GuardEvent, PublishedKeys } from '../index.ts';

const publish = (server: KeySetServer, ...list: readonly object[]): void => {
  server.answer = (_request, response) => {
    response.end(JSON.stringify({ keys: list }));
  };
};
const first = jwk(keys.p256.publicKey, 'p256');
const second = jwk(keys.ed25519.publicKey, 'next');
const nextToken = () => signed(header({ alg: 'EdDSA', kid: 'next' }), claims(), keys.ed25519.privateKey, 'EdDSA');

const guarded = async (
  context: test.TestContext,
  published: PublishedKeys,
  now: () => number = Date.now,
  name: string = issuer,
  observe: (event: GuardEvent) => void = () => undefined,
) => {
  const issuers = [{ issuer: name, audience, algorithms: ['ES256', 'EdDSA'] as const, keys: published }];
  const { app } = await application(context, { tokens: { issuers, tolerance: 100_000 }, now, observe }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  return app;
};
const ask = async (app: FastifyInstance, text: string) => {
  const answer = await app.inject({ url: '/me', headers: { authorization: `Bearer ${text}` } });
  return answer.statusCode;
};

test('asks once for many tokens, and once a pause for a thousand keys that do not exist', async (context) => {
  const server = await startKeySetServer(context);
  publish(server, first);
  let now = Date.now();
  const app = await guarded(context, { jwks: server.url, plaintext: true }, () => now);
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 20 }, () => ask(app, token())))), new Set([200]));
  assert.equal(server.asked(), 1);
  const strangers = () =>
    Promise.all(Array.from({ length: 500 }, () => ask(app, token({}, { kid: crypto.randomUUID() }))));
  assert.deepEqual(new Set(await strangers()), new Set([401]));
  assert.equal(server.asked(), 1);
  now += 31_000;
  assert.deepEqual(new Set(await strangers()), new Set([401]));
  assert.equal(server.asked(), 2);
});

test('finds a new key when a token names it, and drops a key that is published no more', async (context) => {
  const server = await startKeySetServer(context);
  publish(server, first);
  let now = Date.now();
  const app = await guarded(context, { jwks: server.url, plaintext: true }, () => now);
  const before = token();
  assert.deepEqual([await ask(app, before), await ask(app, nextToken())], [200, 401]);
  publish(server, first, second);
  now += 31_000;
  assert.deepEqual([await ask(app, nextToken()), await ask(app, before)], [200, 200]);
  publish(server, second);
  now += 31_000;
  // A token that nobody knows makes the guard look again; the key that was verified with is gone then, and so is the memory of it.
  await ask(app, token({}, { kid: 'stranger' }));
  assert.equal(await ask(app, before), 401);
  assert.equal(await ask(app, nextToken()), 200);
});

test('goes on with old keys through an outage for as long as they are usable, then says that it cannot know', async (context) => {
  const server = await startKeySetServer(context);
  publish(server, first);
  const events: GuardEvent[] = [];
  let now = Date.now();
  const app = await guarded(
    context,
    { jwks: server.url, plaintext: true },
    () => now,
    issuer,
    (event) => events.push(event),
  );
  assert.equal(await ask(app, token()), 200);
  server.answer = (_request, response) => {
    response.writeHead(500).end('canary');
  };
  now += 1_800_000;
  assert.equal(await ask(app, token()), 200);
  now += 1_800_001;
  assert.equal(await ask(app, token()), 503);
  assert.ok(events.some((event) => event.type === 'keys-not-fetched' && event.reason.includes('500')));
  publish(server, first);
  now += 31_000;
  assert.equal(await ask(app, token()), 200);
});

test('asks again after five minutes, and serves on with the old set until the answer is there', async (context) => {
  const server = await startKeySetServer(context);
  publish(server, first);
  let now = Date.now();
  const app = await guarded(context, { jwks: server.url, plaintext: true }, () => now);
  const before = token();
  assert.equal(await ask(app, before), 200);
  publish(server, second);
  now += 299_000;
  assert.deepEqual([await ask(app, before), server.asked()], [200, 1]);
  now += 1_001;
  assert.equal(await ask(app, before), 200);
  for (let tries = 0; tries < 200 && (await ask(app, before)) === 200; tries++) await wait(10);
  assert.deepEqual([await ask(app, before), await ask(app, nextToken())], [401, 200]);
  assert.equal(server.asked(), 2);
});

test('remembers no token for longer than the set of its key is usable', async (context) => {
  const server = await startKeySetServer(context);
  publish(server, first);
  let now = Date.now();
  const app = await guarded(context, { jwks: server.url, plaintext: true }, () => now);
  // It outlives the set, so that it is remembered when the set ends.
  const text = token({ iat: seconds() + 600, exp: seconds() + 4_200 });
  assert.equal(await ask(app, text), 200);
  server.answer = (_request, response) => {
    response.writeHead(500).end();
  };
  now += 3_599_000;
  assert.equal(await ask(app, text), 200);
  now += 2_000;
  assert.equal(await ask(app, text), 503);
});

test('fetches no key set without TLS because a document says so', async (context) => {
  const keySet = await startKeySetServer(context);
  publish(keySet, first);
  const authority = await createAuthority(context);
  const { certificate, key } = await authority.issue('DNS:localhost');
  let asked = 0;
  const server = createServer({ cert: certificate, key: key.reveal() }, (_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ issuer: url, jwks_uri: keySet.url }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `https://localhost:${address.port}`;
  const app = await guarded(context, { discover: true, authorities: authority.certificate }, Date.now, url);
  assert.equal(await ask(app, token({ iss: url })), 503);
  assert.deepEqual([asked, keySet.asked()], [1, 0]);
});

const badAnswers: readonly (readonly [name: string, answer: KeySetServer['answer']])[] = [
  ['a redirect', (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
  ['no JSON', (_request, response) => void response.end('<html>')],
  ['a set without a list', (_request, response) => void response.end('{"keys":{}}')],
  [
    'a thousand keys',
    (_request, response) => void response.end(JSON.stringify({ keys: Array.from({ length: 1_000 }, () => first) })),
  ],
  [
    'a megabyte',
    (_request, response) => void response.end(JSON.stringify({ keys: [first], x: 'a'.repeat(1_000_000) })),
  ],
  ['silence', () => undefined],
  [
    'a cut answer',
    (_request, response) =>
      void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
  ],
];
for (const [name, answer] of badAnswers)
  test(`answers 503 and not 401 where the keys are ${name}`, async (context) => {
    const server = await startKeySetServer(context);
    server.answer = answer;
    const app = await guarded(context, { jwks: server.url, plaintext: true, times: { timeout: 300 } });
    assert.equal(await ask(app, token()), 503);
    assert.equal(server.asked(), 1);
  });

test('goes on where the observer of events fails', async (context) => {
  const server = await startKeySetServer(context);
  server.answer = (_request, response) => {
    response.writeHead(500).end();
  };
  const app = await guarded(context, { jwks: server.url, plaintext: true }, Date.now, issuer, () => {
    throw new Error('observer');
  });
  assert.equal(await ask(app, token()), 503);
});

test('uses no published key for what it is not meant for', async (context) => {
  const server = await startKeySetServer(context);
  for (const changes of [
    { use: 'enc' },
    { key_ops: ['sign'] },
    { alg: 'ES384' },
    { kty: 'oct', k: 'AAAA' },
    { x: 'AAAA' },
  ]) {
    publish(server, { ...first, ...changes });
    const app = await guarded(context, { jwks: server.url, plaintext: true });
    assert.equal(await ask(app, token()), 401, JSON.stringify(changes));
  }
  publish(server, first, { ...second, kid: 'p256' });
  const app = await guarded(context, { jwks: server.url, plaintext: true });
  assert.equal(await ask(app, token()), 401, 'two keys of one name');
});

test('finds the keys of an OpenID provider, and believes no document of another issuer', async (context) => {
  const server = await startKeySetServer(context);
  const publishAs = (name: string): void => {
    server.answer = (request, response) => {
      response.end(
        JSON.stringify(
          request.url === '/.well-known/openid-configuration'
            ? { issuer: name, jwks_uri: `${server.url}/keys` }
            : { keys: [first] },
        ),
      );
    };
  };
  publishAs(server.url);
  const good = await guarded(context, { discover: true, plaintext: true }, Date.now, server.url);
  assert.equal(await ask(good, token({ iss: server.url })), 200);
  publishAs('https://evil.example');
  const bad = await guarded(context, { discover: true, plaintext: true }, Date.now, server.url);
  assert.equal(await ask(bad, token({ iss: server.url })), 503);
});
