import { type JsonWebKey, createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

/** Base64url of JSON, of text, or of bytes. */
export const part = (value: object | string | Uint8Array): string =>
  Buffer.from(typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)).toString(
    'base64url',
  );

/** A key and its private half, in PEM. */
export interface Pair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const generate = (type: 'rsa' | 'P-256' | 'P-384' | 'ed25519') => {
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: type });
};

const pair = (type: 'rsa' | 'P-256' | 'P-384' | 'ed25519'): Pair => {
  const { publicKey, privateKey } = generate(type);
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

/** A private key in PEM. */
export const privatePem = (jwk: JsonWebKey): string =>
  createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();

/** Keys of the tests, made once in a process. */
export const keys = {
  rsa: pair('rsa'),
  otherRsa: pair('rsa'),
  p256: pair('P-256'),
  p384: pair('P-384'),
  ed25519: pair('ed25519'),
} as const;

/** Signs the two first parts with a private key in PEM. */
export const signatureOf = (signed: string, algorithm: string, key: string): Buffer => {
  const data = Buffer.from(signed);
  if (algorithm === 'EdDSA') return sign(null, data, createPrivateKey(key));
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(data).digest();
  return sign(hash, data, { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
};

/** A compact JWS of whatever header and claims. */
export const signed = (
  header: object | string,
  claims: object | string | Uint8Array,
  key: string,
  algorithm = 'ES256',
): string => {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signatureOf(text, algorithm, key).toString('base64url')}`;
};

export const issuer = 'https://issuer.example';
export const audience = 'https://api.example';

/** Who issues tokens, for whom, and with which keys: those for ES256 under `kid`, RSA under `rsa`, Ed25519 under `ed25519`. */
export interface Issuance {
  readonly issuer: string;
  readonly audience: string;
  readonly kid: string;
  readonly keys: Readonly<Record<keyof typeof keys, Pair>>;
}

/** The issuer of the tests. */
export const usualIssuance: Issuance = { issuer, audience, kid: 'p256', keys };

/** Seconds since the epoch. */
export const seconds = (): number => Math.floor(Date.now() / 1000);

/** Good claims, headers and tokens of an issuer, with changes. */
export const tokensOf = (
  issuance: Issuance,
): {
  readonly claims: (changes?: object) => object;
  readonly header: (changes?: object) => object;
  readonly token: (claimChanges?: object, headerChanges?: object, key?: string) => string;
} => {
  const claims = (changes: object = {}): object => ({
    iss: issuance.issuer,
    sub: 'alice',
    aud: issuance.audience,
    exp: seconds() + 300,
    iat: seconds(),
    jti: crypto.randomUUID(),
    client_id: 'web',
    roles: ['user'],
    scope: 'notes:read notes:write',
    ...changes,
  });
  const header = (changes: object = {}): object => ({ alg: 'ES256', typ: 'at+jwt', kid: issuance.kid, ...changes });
  return {
    claims,
    header,
    token: (claimChanges = {}, headerChanges = {}, key = issuance.keys.p256.privateKey) =>
      signed(header(headerChanges), claims(claimChanges), key),
  };
};

/** Those of the issuer of the tests. */
export const { claims, header, token } = tokensOf(usualIssuance);
