import { createHmac, createPublicKey } from 'node:crypto';
import { audience, claims, header, issuer, keys, part, seconds, signatureOf, signed, token } from './tokens.ts';

/** One token that must not be accepted. */
export interface Forged {
  readonly name: string;
  readonly token: () => string;
  /** `token-invalid` where absent. */
  readonly code?: 'token-expired' | 'token-invalid';
}

const es = keys.p256.privateKey;
const publicJwk = createPublicKey(keys.otherRsa.publicKey).export({ format: 'jwk' });
const parts = (text = token()): readonly [string, string, string] => {
  const [first = '', second = '', third = ''] = text.split('.');
  return [first, second, third];
};
const withHeader = (changes: object): string => signed(header(changes), claims(), es);
const without = (name: string): string =>
  signed(header(), Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name)), es);
const hmacWith = (secret: string, algorithm = 'HS256', kid = 'rsa'): string =>
  signed(header({ alg: algorithm, kid }), claims(), secret, algorithm);
const unsigned = (alg: string, signature = ''): string => `${part(header({ alg }))}.${part(claims())}.${signature}`;
const text = (object: object): string => JSON.stringify(object);
const raw = (claimText: string): string => signed(header(), claimText, es);
/** Claims as text, with members put in front as they are. */
const withText = (members: string): string => raw(`{${members},${text(claims()).slice(1)}`);
const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64url');
/** The order of P-256, of which 0 and n are not allowed as r or s. Source: FIPS 186-5, appendix; SEC 2 section 2.4.2. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const es256With = (r: Buffer, s: Buffer): string => {
  const [first, second] = parts();
  return `${first}.${second}.${Buffer.concat([r, s]).toString('base64url')}`;
};
/** The next character of the alphabet: differs in the unused last bits alone where there are some. */
const nextCharacter = (character: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? '';
};
const one = (size: number): Buffer => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]);

const derInteger = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), bytes]);

const algorithms: readonly Forged[] = [
  { name: 'alg none, no signature', token: () => unsigned('none') },
  { name: 'alg None', token: () => unsigned('None') },
  { name: 'alg NONE', token: () => unsigned('NONE') },
  { name: 'alg nOnE', token: () => unsigned('nOnE') },
  { name: 'alg none with a space', token: () => unsigned('none ', 'AA') },
  { name: 'alg none with the signature of a good token', token: () => unsigned('none', parts()[2]) },
  { name: 'alg none and two parts alone', token: () => unsigned('none').slice(0, -1) },
  { name: 'empty alg', token: () => unsigned('', parts()[2]) },
  { name: 'no alg', token: () => signed({ typ: 'at+jwt', kid: 'p256' }, claims(), es) },
  { name: 'alg null', token: () => withHeader({ alg: null }) },
  { name: 'alg as a list', token: () => withHeader({ alg: ['ES256'] }) },
  { name: 'alg as a number', token: () => withHeader({ alg: 256 }) },
  { name: 'alg in lower case', token: () => withHeader({ alg: 'es256' }) },
  { name: 'alg __proto__', token: () => withHeader({ alg: '__proto__' }) },
  { name: 'alg constructor', token: () => withHeader({ alg: 'constructor' }) },
  { name: 'HS256 with the PEM of the RSA key', token: () => hmacWith(keys.rsa.publicKey) },
  { name: 'HS256 with the trimmed PEM', token: () => hmacWith(keys.rsa.publicKey.trim()) },
  { name: 'HS384 with the PEM of the RSA key', token: () => hmacWith(keys.rsa.publicKey, 'HS384') },
  { name: 'HS512 with the PEM of the EC key', token: () => hmacWith(keys.p256.publicKey, 'HS512', 'p256') },
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

const signatures: readonly Forged[] = [
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

const spelling: readonly Forged[] = [
  {
    name: 'stray bits in the last character of the signature',
    token: () => {
      const good = token();
      return good.slice(0, -1) + nextCharacter(good.at(-1) ?? '');
    },
  },
  { name: 'padding on the signature', token: () => `${token()}==` },
  { name: 'padding on the header', token: () => token().replace('.', '=.') },
  {
    name: 'plus and slash instead of minus and underscore',
    token: () => `${parts()[0]}.${parts()[1]}.${'+/'.repeat(43)}`,
  },
  { name: 'a line break in the middle', token: () => `${parts()[0]}.${parts()[1]}%0a.${parts()[2]}` },
  { name: 'a character that is no base64url', token: () => `${token()}!` },
  { name: 'one part', token: () => parts()[0] },
  { name: 'two parts', token: () => `${parts()[0]}.${parts()[1]}` },
  { name: 'four parts', token: () => `${token()}.AA` },
  { name: 'five parts, as a JWE', token: () => `${part({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA` },
  { name: 'dots alone', token: () => '..' },
  { name: 'one dot', token: () => '.' },
  { name: 'no header', token: () => `.${parts()[1]}.${parts()[2]}` },
  { name: 'no claims', token: () => `${parts()[0]}..${parts()[2]}` },
  {
    name: 'JSON serialisation',
    token: () => text({ payload: parts()[1], protected: parts()[0], signature: parts()[2] }),
  },
  { name: 'JSON serialisation in base64url', token: () => part({ payload: parts()[1], signatures: [] }) },
  { name: 'a header of 9 KB', token: () => withHeader({ x: 'a'.repeat(9_000) }) },
  { name: 'claims of 12 KB', token: () => token({ x: 'a'.repeat(12_000) }) },
  { name: 'the same token twice', token: () => `${token()}${token()}` },
  { name: 'the word null', token: () => 'null' },
  { name: 'the word undefined', token: () => 'undefined' },
];

const json: readonly Forged[] = [
  { name: 'header is a list', token: () => signed([header()], claims(), es) },
  { name: 'header is no JSON', token: () => signed('alg=ES256', claims(), es) },
  { name: 'header is a text', token: () => signed('"ES256"', claims(), es) },
  { name: 'claims are a list', token: () => signed(header(), [claims()], es) },
  { name: 'claims are null', token: () => raw('null') },
  { name: 'claims are no JSON', token: () => raw('sub=alice') },
  { name: 'claims with a trailing comma', token: () => raw(text(claims()).replace(/\}$/, ',}')) },
  { name: 'claims with something after them', token: () => raw(`${text(claims())}{}`) },
  { name: 'two sub', token: () => withText('"sub":"root"') },
  { name: 'two sub, one of them spelled with an escape', token: () => withText(String.raw`"\u0073ub":"root"`) },
  { name: 'two exp', token: () => withText('"exp":9999999999') },
  { name: 'two alg', token: () => signed(`{"alg":"none",${text(header()).slice(1)}`, claims(), es) },
  { name: '__proto__ in the claims', token: () => withText('"__proto__":{"admin":true}') },
  { name: '__proto__ deep in the claims', token: () => withText('"a":{"__proto__":{"admin":true}}') },
  { name: 'claims a thousand levels deep', token: () => withText(`"a":${'['.repeat(1000)}${']'.repeat(1000)}`) },
  {
    name: 'bytes that are no UTF-8',
    token: () => signed(header(), Buffer.from([...Buffer.from('{"sub":"'), 0xff, 0xfe, ...Buffer.from('"}')]), es),
  },
  { name: 'a byte order mark', token: () => raw(`\uFEFF${text(claims())}`) },
];

const headers: readonly Forged[] = [
  { name: 'kid climbs', token: () => withHeader({ kid: '../../../../dev/null' }) },
  { name: 'kid climbs to an empty key', token: () => hmacWith('', 'HS256', '../../../../dev/null') },
  { name: 'kid is SQL', token: () => withHeader({ kid: "x' UNION SELECT 'key" }) },
  { name: 'kid holds NUL', token: () => withHeader({ kid: 'p256\0' }) },
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
  { name: 'kid differs in case', token: () => withHeader({ kid: 'P256' }) },
  { name: 'kid of nobody', token: () => withHeader({ kid: 'gone' }) },
  {
    name: 'jwk',
    token: () => signed(header({ alg: 'RS256', jwk: publicJwk }), claims(), keys.otherRsa.privateKey, 'RS256'),
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
  { name: 'nested token', token: () => signed(header({ cty: 'JWT' }), token(), es) },
  { name: 'typ JWT', token: () => withHeader({ typ: 'JWT' }) },
  { name: 'typ of an ID token of a logout', token: () => withHeader({ typ: 'logout+jwt' }) },
  { name: 'typ of a refresh token', token: () => withHeader({ typ: 'rt+jwt' }) },
  { name: 'typ of a proof', token: () => withHeader({ typ: 'dpop+jwt' }) },
  { name: 'typ is a list', token: () => withHeader({ typ: ['at+jwt'] }) },
  { name: 'no typ', token: () => signed({ alg: 'ES256', kid: 'p256' }, claims(), es) },
];

const times: readonly Forged[] = [
  { name: 'expired', token: () => token({ exp: seconds() - 60, iat: seconds() - 120 }), code: 'token-expired' },
  { name: 'expired at the beginning of time', token: () => token({ exp: 0, iat: 0 }), code: 'token-expired' },
  { name: 'expired and forged', token: () => `${token({ exp: 1 }).slice(0, -20)}${'A'.repeat(20)}` },
  { name: 'exp as text', token: () => token({ exp: String(seconds() + 300) }) },
  {
    name: 'exp 1e300',
    token: () => withText('"x":1').replace(/.*/, () => raw(text(claims()).replace(/"exp":\d+/, '"exp":1e300'))),
  },
  { name: 'exp 1e999, which is infinite', token: () => raw(text(claims()).replace(/"exp":\d+/, '"exp":1e999')) },
  { name: 'exp negative', token: () => token({ exp: -1 }) },
  { name: 'exp null', token: () => token({ exp: null }) },
  { name: 'exp true', token: () => token({ exp: true }) },
  { name: 'exp as a list', token: () => token({ exp: [seconds() + 300] }) },
  { name: 'exp in milliseconds', token: () => token({ exp: Date.now() + 300_000 }) },
  { name: 'a life of ten years', token: () => token({ exp: seconds() + 315_360_000 }) },
  { name: 'a long life that is nearly over', token: () => token({ iat: seconds() - 90_000, exp: seconds() + 60 }) },
  { name: 'nbf in the future', token: () => token({ nbf: seconds() + 60 }) },
  { name: 'nbf as text', token: () => token({ nbf: '0' }) },
  { name: 'iat in the future', token: () => token({ iat: seconds() + 60 }) },
  { name: 'iat as text', token: () => token({ iat: String(seconds()) }) },
];

const identities: readonly Forged[] = [
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
  { name: 'an ID token', token: () => token({ nonce: 'n', at_hash: 'h' }) },
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

/** Every one must be answered with 401. */
export const forged: readonly Forged[] = [
  ...algorithms,
  ...signatures,
  ...spelling,
  ...json,
  ...headers,
  ...times,
  ...identities,
];
