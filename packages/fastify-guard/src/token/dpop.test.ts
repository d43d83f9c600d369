import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import test from 'node:test';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { application, tokens } from '../../test/application.ts';
import { keys, part, seconds, signed, token } from '../../test/tokens.ts';
import type { DpopOptions } from '../index.ts';
import { createReplayStore } from './replay.ts';

const origin = 'https://api.example';
const jwk = createPublicKey(keys.p256.publicKey).export({ format: 'jwk' });
const jkt = await calculateJwkThumbprint(jwk);
const bound = (changes: object = {}): string => token({ cnf: { jkt }, ...changes });
const ath = (text: string): string => createHash('sha256').update(text).digest('base64url');

const proof = (
  text: string,
  claimChanges: object = {},
  headerChanges: object = {},
  key = keys.p256.privateKey,
): string =>
  signed(
    { typ: 'dpop+jwt', alg: 'ES256', jwk, ...headerChanges },
    { htm: 'GET', htu: `${origin}/me`, iat: seconds(), jti: crypto.randomUUID(), ath: ath(text), ...claimChanges },
    key,
  );

const guarded = async (context: test.TestContext, dpop: Partial<DpopOptions> = {}) => {
  const { app } = await application(context, { tokens: { ...tokens, dpop: { origins: [origin], ...dpop } } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
    app.post('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  return async (text: string, dpop: string | string[] | undefined, scheme = 'DPoP', url = '/me') => {
    const headers = { authorization: `${scheme} ${text}`, ...(dpop === undefined ? {} : { dpop }) };
    const answer = await app.inject({ url, headers });
    const code = answer.statusCode === 200 ? undefined : answer.json<{ code: string }>().code;
    return { status: answer.statusCode, code, challenge: answer.headers['www-authenticate'] };
  };
};

test('accepts a token with a proof of its key, for the address without its query', async (context) => {
  const ask = await guarded(context);
  const text = bound();
  assert.equal((await ask(text, proof(text))).status, 200);
  assert.equal((await ask(text, proof(text), 'dpop', '/me?x=1')).status, 200);
  assert.equal((await ask(text, proof(text, { htu: 'HTTPS://API.example:443/me?y=2#z' }))).status, 200);
});

const bad: readonly (readonly [name: string, make: (text: string) => string])[] = [
  ['another method', (text) => proof(text, { htm: 'POST' })],
  ['a method in lower case', (text) => proof(text, { htm: 'get' })],
  ['another path', (text) => proof(text, { htu: `${origin}/you` })],
  ['another host', (text) => proof(text, { htu: 'https://evil.example/me' })],
  ['plain HTTP', (text) => proof(text, { htu: 'http://api.example/me' })],
  ['an address with a user', (text) => proof(text, { htu: 'https://a@api.example/me' })],
  ['no address', (text) => proof(text, { htu: 'me' })],
  ['another token', (text) => proof(text, { ath: ath(`${text}x`) })],
  ['no token', (text) => proof(text, { ath: undefined })],
  ['an old time', (text) => proof(text, { iat: seconds() - 70 })],
  ['a time to come', (text) => proof(text, { iat: seconds() + 70 })],
  ['no time', (text) => proof(text, { iat: undefined })],
  ['no id', (text) => proof(text, { jti: undefined })],
  ['an id of 300 characters', (text) => proof(text, { jti: 'x'.repeat(300) })],
  ['an id that is empty', (text) => proof(text, { jti: '' })],
  ['another type', (text) => proof(text, {}, { typ: 'JWT' })],
  ['no key', (text) => proof(text, {}, { jwk: undefined })],
  ['a private key', (text) => proof(text, {}, { jwk: { ...jwk, d: 'AAAA' } })],
  ['a shared key', (text) => proof(text, {}, { jwk: { kty: 'oct', k: 'AAAA' } })],
  [
    'a key of another kind',
    (text) => proof(text, {}, { jwk: createPublicKey(keys.p384.publicKey).export({ format: 'jwk' }) }),
  ],
  ['the signature of another key', (text) => proof(text, {}, {}, keys.p384.privateKey)],
  ['alg none', () => `${part({ typ: 'dpop+jwt', alg: 'none', jwk })}.${part({ htm: 'GET' })}.`],
  ['a shared algorithm', (text) => proof(text, {}, { alg: 'HS256' })],
  ['a key to fetch', (text) => proof(text, {}, { jku: 'https://evil.example' })],
  ['crit', (text) => proof(text, {}, { crit: ['exp'] })],
  ['nonsense', () => 'x'],
];
for (const [name, make] of bad)
  test(`refuses a proof with ${name}`, async (context) => {
    const ask = await guarded(context);
    const text = bound();
    const { status, code, challenge } = await ask(text, make(text));
    assert.deepEqual([status, code], [401, 'proof-invalid']);
    assert.equal(challenge, 'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA Ed25519"');
  });

test('refuses a proof that was used, also where it is new to the clock', async (context) => {
  const ask = await guarded(context);
  const text = bound();
  const once = proof(text);
  assert.deepEqual([(await ask(text, once)).status, (await ask(text, once)).status], [200, 401]);
  const both = proof(text);
  const statuses = await Promise.all([ask(text, both), ask(text, both), ask(text, both)]);
  assert.deepEqual(
    statuses.map(({ status }) => status).toSorted((left, right) => left - right),
    [200, 401, 401],
  );
});

test('refuses a bound token without its proof, with two proofs, and an unbound one with a proof', async (context) => {
  const ask = await guarded(context);
  const [text, free] = [bound(), token()];
  assert.deepEqual((await ask(text, undefined, 'Bearer')).code, 'token-invalid');
  assert.deepEqual((await ask(text, proof(text), 'Bearer')).code, 'token-invalid');
  assert.deepEqual((await ask(text, undefined)).code, 'proof-invalid');
  assert.deepEqual((await ask(text, [proof(text), proof(text)])).code, 'proof-invalid');
  assert.deepEqual((await ask(free, proof(free))).code, 'proof-invalid');
  assert.deepEqual((await ask(free, undefined, 'Bearer')).status, 200);
});

test('refuses a token with a binding that nobody understands beside the one that is proven', async (context) => {
  const ask = await guarded(context);
  for (const more of [{ kid: 'x' }, { jwe: 'x' }, { 'x5t#S256': 'A'.repeat(43) }]) {
    const text = token({ cnf: { jkt, ...more } });
    assert.equal((await ask(text, proof(text))).code, 'token-invalid', JSON.stringify(more));
  }
});

test('refuses the proof of another key than the one of the token', async (context) => {
  const ask = await guarded(context, { algorithms: ['ES256', 'EdDSA'] });
  const text = bound();
  const other = createPublicKey(keys.ed25519.publicKey).export({ format: 'jwk' });
  const claims = { htm: 'GET', htu: `${origin}/me`, iat: seconds(), jti: 'x', ath: ath(text) };
  const foreign = signed({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: other }, claims, keys.ed25519.privateKey, 'EdDSA');
  assert.equal((await ask(text, foreign)).code, 'proof-invalid');
  const own = token({ cnf: { jkt: await calculateJwkThumbprint(other) } });
  const fitting = signed(
    { typ: 'dpop+jwt', alg: 'EdDSA', jwk: other },
    { ...claims, jti: 'y', ath: ath(own) },
    keys.ed25519.privateKey,
    'EdDSA',
  );
  assert.equal((await ask(own, fitting)).status, 200);
});

test('refuses proofs by algorithms that it was not told, however well they are signed', async (context) => {
  const key = createPublicKey(keys.p384.publicKey).export({ format: 'jwk' });
  const text = token({ cnf: { jkt: await calculateJwkThumbprint(key) } });
  const made = () =>
    signed(
      { typ: 'dpop+jwt', alg: 'ES384', jwk: key },
      { htm: 'GET', htu: `${origin}/me`, iat: seconds(), jti: crypto.randomUUID(), ath: ath(text) },
      keys.p384.privateKey,
      'ES384',
    );
  assert.equal((await (await guarded(context))(text, made())).code, 'proof-invalid');
  assert.equal((await (await guarded(context, { algorithms: ['ES384'] }))(text, made())).status, 200);
});

test('lets nobody use up the ids of the proofs of another key', async (context) => {
  const ask = await guarded(context);
  const other = createPublicKey(keys.ed25519.publicKey).export({ format: 'jwk' });
  const theirs = token({ cnf: { jkt: await calculateJwkThumbprint(other) } });
  const claims = { htm: 'GET', htu: `${origin}/me`, iat: seconds(), jti: 'shared', ath: ath(theirs) };
  const foreign = signed({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: other }, claims, keys.ed25519.privateKey, 'EdDSA');
  const own = bound();
  assert.equal((await ask(theirs, foreign)).status, 200);
  assert.equal((await ask(own, proof(own, { jti: 'shared' }))).status, 200);
});

test('calls no proof new where it would have to forget one that still counts', async (context) => {
  let now = Date.now();
  const replays = createReplayStore({ most: 2, now: () => now });
  const ask = await guarded(context, { replays });
  const text = bound();
  const codes = async () => [(await ask(text, proof(text))).code, (await ask(text, proof(text))).code];
  assert.deepEqual(await codes(), [undefined, undefined]);
  assert.deepEqual(await codes(), ['replay-unavailable', 'replay-unavailable']);
  now += 120_001;
  assert.deepEqual(await codes(), [undefined, undefined]);
});

test('answers 503 where nobody knows whether a proof was used', async (context) => {
  const ask = await guarded(context, { replays: { first: async () => Promise.reject(new Error('gone')) } });
  const text = bound();
  assert.deepEqual((await ask(text, proof(text))).code, 'replay-unavailable');
});
