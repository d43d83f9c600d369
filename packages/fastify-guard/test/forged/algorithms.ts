import { createHmac } from 'node:crypto';
import { part, signed } from '../tokens.ts';
import type { Forged, Mint } from './mint.ts';

/** Algorithms that the issuer does not use, or that do not fit the key. */
export const algorithms = ({
  keys,
  es,
  kid,
  claims,
  header,
  parts,
  withHeader,
  hmacWith,
  unsigned,
}: Mint): readonly Forged[] => [
  { name: 'alg none, no signature', token: () => unsigned('none') },
  { name: 'alg None', token: () => unsigned('None') },
  { name: 'alg NONE', token: () => unsigned('NONE') },
  { name: 'alg nOnE', token: () => unsigned('nOnE') },
  { name: 'alg none with a space', token: () => unsigned('none ', 'AA') },
  { name: 'alg none with the signature of a good token', token: () => unsigned('none', parts()[2]) },
  { name: 'alg none and two parts alone', token: () => unsigned('none').slice(0, -1) },
  { name: 'empty alg', token: () => unsigned('', parts()[2]) },
  { name: 'no alg', token: () => signed({ typ: 'at+jwt', kid }, claims(), es) },
  { name: 'alg null', token: () => withHeader({ alg: null }) },
  { name: 'alg as a list', token: () => withHeader({ alg: ['ES256'] }) },
  { name: 'alg as a number', token: () => withHeader({ alg: 256 }) },
  { name: 'alg in lower case', token: () => withHeader({ alg: 'es256' }) },
  { name: 'alg __proto__', token: () => withHeader({ alg: '__proto__' }) },
  { name: 'alg constructor', token: () => withHeader({ alg: 'constructor' }) },
  { name: 'HS256 with the PEM of the RSA key', token: () => hmacWith(keys.rsa.publicKey) },
  { name: 'HS256 with the trimmed PEM', token: () => hmacWith(keys.rsa.publicKey.trim()) },
  { name: 'HS384 with the PEM of the RSA key', token: () => hmacWith(keys.rsa.publicKey, 'HS384') },
  { name: 'HS512 with the PEM of the EC key', token: () => hmacWith(keys.p256.publicKey, 'HS512', kid) },
  { name: 'HS256 with an empty key', token: () => hmacWith('') },
  { name: 'HS256 with a key that people use', token: () => hmacWith('secret') },
  {
    name: 'RS256 in the header, HMAC in the signature',
    token: () => {
      const text = `${part(header({ alg: 'RS256', kid: 'rsa' }))}.${part(claims())}`;
      return `${text}.${createHmac('sha256', keys.rsa.publicKey).update(text).digest('base64url')}`;
    },
  },
  { name: 'PS256, which the issuer does not use', token: () => withHeader({ alg: 'PS256', kid: 'rsa' }) },
  {
    name: 'RS512, which the issuer does not use',
    token: () => signed(header({ alg: 'RS512', kid: 'rsa' }), claims(), keys.rsa.privateKey, 'RS512'),
  },
  {
    name: 'ES384 with a key of another curve',
    token: () => signed(header({ alg: 'ES384' }), claims(), keys.p384.privateKey, 'ES384'),
  },
  { name: 'ES256 by a key of P-384', token: () => signed(header(), claims(), keys.p384.privateKey, 'ES256') },
  { name: 'EdDSA named, EC key meant', token: () => withHeader({ alg: 'EdDSA' }) },
  { name: 'ES256 named, RSA key meant', token: () => withHeader({ kid: 'rsa' }) },
];
