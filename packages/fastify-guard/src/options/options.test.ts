import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import test from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { audience, issuer, keys } from '../../test/tokens.ts';
import { type GuardErrorCode, type GuardOptions, createGuard, createMemoryStore, isGuardError } from '../index.ts';

const one = {
  issuer,
  audience,
  algorithms: ['ES256'],
  keys: { local: [{ key: keys.p256.publicKey }] },
} as const;
const issuerWith = (changes: object): GuardOptions => ({ tokens: { issuers: [{ ...one, ...changes }] } });
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
const hmac = (bytes: number, algorithm = 'HS256'): GuardOptions =>
  issuerWith({ algorithms: [algorithm], keys: { local: [{ key: new Secret('k'.repeat(bytes)) }] } });
/** Options as JavaScript can give them. */
const loose = (options: object): GuardOptions => ({ ...options });

const wrong: readonly (readonly [name: string, code: GuardErrorCode, options: GuardOptions, says?: RegExp])[] = [
  ['a misspelled option', 'guard/option-unknown', loose({ limit: {} }), /"limit"/],
  ['a misspelled option inside', 'guard/option-unknown', issuerWith({ audiance: 'x' }), /"audiance"/],
  ['no issuer at all', 'guard/option-invalid', { tokens: { issuers: [] } }],
  ['an issuer named twice', 'guard/option-invalid', { tokens: { issuers: [one, one] } }, /twice/],
  ['an issuer without audience', 'guard/option-invalid', issuerWith({ audience: [] }), /audience/],
  ['no algorithm', 'guard/option-invalid', issuerWith({ algorithms: [] }), /algorithms/],
  ['the algorithm none', 'guard/option-invalid', issuerWith({ algorithms: ['none'] }), /algorithms/],
  [
    'shared and public keys for one issuer',
    'guard/option-invalid',
    issuerWith({ algorithms: ['HS256', 'ES256'] }),
    /mixes/,
  ],
  ['an HMAC key of 255 bits and less', 'guard/key-weak', hmac(31)],
  ['an HMAC key that is too short for its hash', 'guard/key-weak', hmac(63, 'HS512')],
  [
    'an RSA key of 1024 bits',
    'guard/key-weak',
    issuerWith({ algorithms: ['RS256'], keys: { local: [{ key: shortRsa }] } }),
  ],
  ['a key of another kind', 'guard/key-invalid', issuerWith({ keys: { local: [{ key: keys.rsa.publicKey }] } })],
  ['a public key as a shared secret', 'guard/key-invalid', issuerWith({ algorithms: ['HS256'] })],
  ['text that is no key', 'guard/key-invalid', issuerWith({ keys: { local: [{ key: 'canary' }] } })],
  [
    'several keys without ids',
    'guard/key-invalid',
    issuerWith({ keys: { local: [...one.keys.local, ...one.keys.local] } }),
  ],
  [
    'a key set behind http',
    'guard/option-invalid',
    issuerWith({ keys: { jwks: 'http://issuer.example/jwks' } }),
    /https/,
  ],
  [
    'a published shared key',
    'guard/option-invalid',
    issuerWith({ algorithms: ['HS256'], keys: { jwks: 'https://a.example/' } }),
  ],
  ['keys from nowhere', 'guard/option-invalid', issuerWith({ keys: {} })],
  ['a role that includes itself', 'guard/option-invalid', { roles: { a: ['b'], b: ['a'] } }, /a → b → a/],
  ['a role that includes a stranger', 'guard/option-invalid', { roles: { a: ['b'] } }, /"b", which is no role/],
  [
    'a rate that is none',
    'guard/option-invalid',
    loose({ limits: { everywhere: [{ per: 'address', rates: ['10 a minute'] }] } }),
    /"10 a minute" is no rate/,
  ],
  ['a rate of nothing', 'guard/option-invalid', { limits: { everywhere: [{ per: 'address', rates: ['0/minute'] }] } }],
  [
    'one rate twice',
    'guard/option-invalid',
    { limits: { everywhere: [{ per: 'address', rates: ['1/minute', '2/minute'] }] } },
    /twice/,
  ],
  [
    'a store without a word about its failure',
    'guard/option-invalid',
    { limits: { store: createMemoryStore() } },
    /whenStoreFails/,
  ],
  ['every proxy', 'guard/option-invalid', { proxies: ['0.0.0.0/0'] }],
  ['a proxy by certificate without client certificates', 'guard/option-invalid', { proxyNames: ['DNS:gateway'] }],
  ['no name of a proxy', 'guard/option-invalid', { proxyNames: [] }],
  ['a proxy that is a name', 'guard/option-invalid', { proxies: ['gateway'] }],
  ['every origin', 'guard/option-invalid', { cors: { origins: ['*'] } }],
  ['the origin null', 'guard/option-invalid', { cors: { origins: ['null'] } }],
  ['an origin with a path', 'guard/option-invalid', { cors: { origins: ['https://app.example/'] } }],
  ['a bound of nothing', 'guard/option-invalid', { bounds: { bodyBytes: 0 } }],
  ['a bound that does not exist', 'guard/option-unknown', loose({ bounds: { bodySize: 1 } })],
  ['clients without client certificates', 'guard/option-invalid', { clients: [] }, /tls\.clients/],
  [
    'a DPoP origin with a path',
    'guard/option-invalid',
    { tokens: { issuers: [one], dpop: { origins: ['https://a.example/x'] } } },
  ],
  [
    'a shared key for proofs',
    'guard/option-invalid',
    { tokens: { issuers: [one], dpop: { origins: ['https://a.example'], algorithms: ['HS256'] } } },
  ],
  ['a sink that cannot append', 'guard/option-invalid', loose({ audit: { sink: {} } })],
  [
    'a certificate that is none',
    'guard/certificate-unusable',
    { tls: { certificate: 'canary', key: new Secret('canary') } },
  ],
];

for (const [name, code, options, says] of wrong)
  test(`refuses ${name} with ${code}`, () => {
    assert.throws(
      () => createGuard(options),
      (error) => {
        assert.ok(isGuardError(error, code), String(error));
        if (says !== undefined) assert.match(error.message, says);
        assert.doesNotMatch(error.message, /canary|kkk/);
        return true;
      },
    );
  });

test('accepts an HMAC key of 256 bits, so that the refusals mean something', () => {
  createGuard(hmac(32));
  createGuard(hmac(64, 'HS512'));
});
