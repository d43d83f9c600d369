import { zeros } from './bytes.ts';
import type { Forged, Mint } from './mint.ts';

/** Tokens of somebody else, for somebody else, or about nobody. */
export const identities = ({ issuer, audience, token, without }: Mint): readonly Forged[] => [
  { name: 'another issuer', token: () => token({ iss: 'https://evil.example' }) },
  { name: 'the issuer with a slash', token: () => token({ iss: `${issuer}/` }) },
  { name: 'the issuer in capitals', token: () => token({ iss: issuer.toUpperCase() }) },
  { name: 'a list of issuers', token: () => token({ iss: [issuer] }) },
  { name: 'iss __proto__', token: () => token({ iss: '__proto__' }) },
  { name: 'another audience', token: () => token({ aud: 'https://other.example' }) },
  { name: 'the audience as a prefix', token: () => token({ aud: `${audience}.evil.example` }) },
  { name: 'the audience cut', token: () => token({ aud: audience.slice(0, -1) }) },
  { name: 'no audience in a list', token: () => token({ aud: [] }) },
  { name: 'aud with a number', token: () => token({ aud: [audience, 1] }) },
  { name: 'aud as an object', token: () => token({ aud: { [audience]: true } }) },
  { name: 'sub as a number', token: () => token({ sub: 1 }) },
  { name: 'sub empty', token: () => token({ sub: '' }) },
  { name: 'sub as an object', token: () => token({ sub: { $ne: null } }) },
  { name: 'sub with a line break', token: () => token({ sub: 'alice\nroot' }) },
  { name: 'sub of 2 KB', token: () => token({ sub: 'a'.repeat(2_000) }) },
  { name: 'jti as a number', token: () => token({ jti: 7 }) },
  { name: 'client_id as a list', token: () => token({ client_id: ['web'] }) },
  ...['nonce', 'at_hash', 'c_hash', 's_hash'].map((name) => ({
    name: `an ID token, by its ${name}`,
    token: () => token({ [name]: 'x' }),
  })),
  { name: 'cnf that nobody understands', token: () => token({ cnf: { kid: 'x' } }) },
  { name: 'cnf empty', token: () => token({ cnf: {} }) },
  { name: 'cnf as text', token: () => token({ cnf: 'x' }) },
  { name: 'cnf of a certificate, without one', token: () => token({ cnf: { 'x5t#S256': zeros(32) } }) },
  { name: 'cnf of a key, without a proof', token: () => token({ cnf: { jkt: zeros(32) } }) },
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'].map((name) => ({
    name: `no ${name}`,
    token: () => without(name),
  })),
];
