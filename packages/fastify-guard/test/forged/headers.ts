import { createPublicKey } from 'node:crypto';
import { signed } from '../tokens.ts';
import type { Forged, Mint } from './mint.ts';

/** Headers that point at a key, or say what the token is not. */
export const headers = ({ keys, es, kid, claims, header, token, withHeader, hmacWith }: Mint): readonly Forged[] => [
  { name: 'kid climbs', token: () => withHeader({ kid: '../../../../dev/null' }) },
  { name: 'kid climbs to an empty key', token: () => hmacWith('', 'HS256', '../../../../dev/null') },
  { name: 'kid is SQL', token: () => withHeader({ kid: "x' UNION SELECT 'key" }) },
  { name: 'kid holds NUL', token: () => withHeader({ kid: `${kid}\0` }) },
  { name: 'kid holds a line break', token: () => withHeader({ kid: 'p256\nset-cookie: a' }) },
  { name: 'kid __proto__', token: () => withHeader({ kid: '__proto__' }) },
  { name: 'kid constructor', token: () => withHeader({ kid: 'constructor' }) },
  { name: 'kid empty', token: () => withHeader({ kid: '' }) },
  { name: 'kid is a number', token: () => withHeader({ kid: 1 }) },
  { name: 'kid is an object', token: () => withHeader({ kid: { p256: true } }) },
  { name: 'kid is null', token: () => withHeader({ kid: null }) },
  { name: 'kid is long', token: () => withHeader({ kid: 'p'.repeat(2_000) }) },
  { name: 'kid is a command', token: () => withHeader({ kid: '|id' }) },
  { name: 'kid is an address', token: () => withHeader({ kid: 'https://evil.example/key' }) },
  { name: 'kid differs in case', token: () => withHeader({ kid: kid.toUpperCase() }) },
  { name: 'kid of nobody', token: () => withHeader({ kid: 'gone' }) },
  {
    name: 'jwk',
    token: () =>
      signed(
        header({ alg: 'RS256', jwk: createPublicKey(keys.otherRsa.publicKey).export({ format: 'jwk' }) }),
        claims(),
        keys.otherRsa.privateKey,
        'RS256',
      ),
  },
  {
    name: 'jwk of the key that signed it',
    token: () => withHeader({ jwk: createPublicKey(keys.p256.publicKey).export({ format: 'jwk' }) }),
  },
  { name: 'jku', token: () => withHeader({ jku: 'http://127.0.0.1:1/jwks' }) },
  { name: 'x5u', token: () => withHeader({ x5u: 'http://127.0.0.1:1/cert' }) },
  { name: 'x5c', token: () => withHeader({ x5c: ['AAAA'] }) },
  { name: 'crit with exp', token: () => withHeader({ crit: ['exp'] }) },
  { name: 'crit empty', token: () => withHeader({ crit: [] }) },
  { name: 'b64 false with crit', token: () => withHeader({ b64: false, crit: ['b64'] }) },
  { name: 'b64 false', token: () => withHeader({ b64: false }) },
  { name: 'b64 true', token: () => withHeader({ b64: true }) },
  { name: 'zip', token: () => withHeader({ zip: 'DEF' }) },
  { name: 'enc', token: () => withHeader({ enc: 'A256GCM' }) },
  { name: 'epk', token: () => withHeader({ epk: { kty: 'EC' } }) },
  { name: 'p2s', token: () => withHeader({ p2s: 'AAAA', p2c: 1_000_000_000 }) },
  { name: 'cty', token: () => withHeader({ cty: 'JWT' }) },
  { name: 'nested token', token: () => signed(header({ cty: 'JWT' }), token(), es) },
  { name: 'typ JWT', token: () => withHeader({ typ: 'JWT' }) },
  { name: 'typ of an ID token of a logout', token: () => withHeader({ typ: 'logout+jwt' }) },
  { name: 'typ of a refresh token', token: () => withHeader({ typ: 'rt+jwt' }) },
  { name: 'typ of a proof', token: () => withHeader({ typ: 'dpop+jwt' }) },
  { name: 'typ is a list', token: () => withHeader({ typ: ['at+jwt'] }) },
  { name: 'no typ', token: () => signed({ alg: 'ES256', kid }, claims(), es) },
];
