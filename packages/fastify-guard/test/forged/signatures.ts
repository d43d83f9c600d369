import { part, signed, signatureOf } from '../tokens.ts';
import { zeros, order, one, derInteger } from './bytes.ts';
import type { Forged, Mint } from './mint.ts';

/** Signatures that are none of the key over these two parts. */
export const signatures = ({ keys, es, claims, header, token, parts, es256With }: Mint): readonly Forged[] => [
  { name: 'ECDSA of zeros (CVE-2022-21449)', token: () => `${parts()[0]}.${parts()[1]}.${zeros(64)}` },
  { name: 'ECDSA with r 0', token: () => es256With(Buffer.alloc(32), one(32)) },
  { name: 'ECDSA with s 0', token: () => es256With(one(32), Buffer.alloc(32)) },
  { name: 'ECDSA with r = n', token: () => es256With(order, one(32)) },
  { name: 'ECDSA with r = s = n', token: () => es256With(order, order) },
  { name: 'ECDSA with r = s = 1', token: () => es256With(one(32), one(32)) },
  { name: 'ECDSA of zeros, too long', token: () => `${parts()[0]}.${parts()[1]}.${zeros(128)}` },
  {
    name: 'EdDSA of zeros',
    token: () => `${part(header({ alg: 'EdDSA', kid: 'ed25519' }))}.${part(claims())}.${zeros(64)}`,
  },
  {
    name: 'RSA of zeros',
    token: () => `${part(header({ alg: 'RS256', kid: 'rsa' }))}.${part(claims())}.${zeros(256)}`,
  },
  {
    name: 'RSA signature 1',
    token: () => `${part(header({ alg: 'RS256', kid: 'rsa' }))}.${part(claims())}.${one(256).toString('base64url')}`,
  },
  {
    name: 'ECDSA in DER',
    token: () => {
      const text = `${part(header())}.${part(claims())}`;
      const plain = signatureOf(text, 'ES256', es);
      const body = Buffer.concat([derInteger(plain.subarray(0, 32)), derInteger(plain.subarray(32))]);
      return `${text}.${Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64url')}`;
    },
  },
  {
    name: 'signed by somebody else',
    token: () => signed(header({ alg: 'RS256', kid: 'rsa' }), claims(), keys.otherRsa.privateKey, 'RS256'),
  },
  { name: 'empty signature', token: () => `${parts()[0]}.${parts()[1]}.` },
  { name: 'signature cut by one character', token: () => token().slice(0, -1) },
  { name: 'signature cut to half', token: () => token().slice(0, -43) },
  { name: 'signature of another token', token: () => `${parts()[0]}.${parts()[1]}.${parts(token({ sub: 'bob' }))[2]}` },
  { name: 'claims changed after signing', token: () => `${parts()[0]}.${part(claims({ sub: 'root' }))}.${parts()[2]}` },
  { name: 'header changed after signing', token: () => `${part(header({ x: 1 }))}.${parts()[1]}.${parts()[2]}` },
];
