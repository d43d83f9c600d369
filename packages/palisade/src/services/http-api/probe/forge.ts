import { type JsonWebKey, type KeyObject, createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { TokenTrick } from '../evidence.ts';

/** What is known of the issuer whose tokens are forged. */
export interface KnownIssuer {
  /** Its name, and what its tokens are for. */
  readonly issuer: string;
  /** Its first public key, where it shows one. */
  readonly key?: JsonWebKey & { readonly kid?: string | undefined };
}

/** A forged token and how it was made. */
export interface ForgedToken {
  readonly trick: TokenTrick;
  readonly token: string;
}

/** Bytes of the oversized token: more than any real one, and less than most servers take of headers (16 KiB). */
const oversize = 12 * 1024;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

type Signer = (text: string) => Buffer;

const hmac =
  (key: string | Buffer): Signer =>
  (text) =>
    createHmac('sha256', key).update(text).digest();

const elliptic =
  (key: KeyObject): Signer =>
  (text) =>
    sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });

const signed = (header: object, claims: object, signer: Signer): string => {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signer(text).toString('base64url')}`;
};

const rsaOf =
  (key: KeyObject): Signer =>
  (text) =>
    sign('sha256', Buffer.from(text), key);

const edwards =
  (key: KeyObject): Signer =>
  (text) =>
    sign(null, Buffer.from(text), key);

/** A key pair of the sort that the issuer uses, which is nobody's. */
const foreignKey = (
  known: JsonWebKey | undefined,
): { readonly alg: string; readonly signer: Signer; readonly jwk: JsonWebKey } => {
  if (known?.kty === 'RSA') {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return { alg: 'RS256', signer: rsaOf(privateKey), jwk: publicKey.export({ format: 'jwk' }) };
  }
  if (known?.kty === 'OKP') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { alg: 'EdDSA', signer: edwards(privateKey), jwk: publicKey.export({ format: 'jwk' }) };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { alg: 'ES256', signer: elliptic(privateKey), jwk: publicKey.export({ format: 'jwk' }) };
};

/** The public key as text, which a confused verifier takes for the secret of an HMAC. */
const textOf = (key: JsonWebKey): string | undefined => {
  try {
    return createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString();
  } catch {
    // A key of a sort that this OpenSSL does not know.
    return undefined;
  }
};

/**
 * Tokens for an administrator that no issuer has signed, each by one known mistake of verifiers. Source: RFC 8725 (JSON Web
 * Token Best Current Practices) section 2, RFC 7519, RFC 9068. The address in `jku` is one that nobody can register (RFC
 * 2606), so that no server of somebody is asked.
 */
export const forgeTokens = (
  { issuer, key }: KnownIssuer,
  now: number,
): { readonly tokens: readonly ForgedToken[]; readonly untried: readonly TokenTrick[] } => {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: issuer,
    sub: 'palisade-probe',
    aud: issuer,
    client_id: 'palisade-probe',
    jti: crypto.randomUUID(),
    iat: seconds,
    nbf: seconds,
    exp: seconds + 300,
    scope: 'admin',
    roles: ['admin'],
    role: 'admin',
  };
  const foreign = foreignKey(key);
  const kid = key?.kid ?? 'palisade-probe';
  const typ = 'at+jwt';
  const header = { alg: foreign.alg, kid, typ };
  const good = signed(header, claims, foreign.signer);
  const unsigned = (alg: string): string => `${part({ alg, typ })}.${part(claims)}.`;
  const secret = key === undefined ? undefined : textOf(key);
  const confused: readonly ForgedToken[] =
    secret === undefined
      ? []
      : [
          {
            trick: 'the public key as an HMAC secret',
            token: signed({ alg: 'HS256', kid, typ }, claims, hmac(secret)),
          },
        ];
  return {
    untried: secret === undefined ? ['the public key as an HMAC secret'] : [],
    tokens: [
      { trick: 'no algorithm (none)', token: unsigned('none') },
      { trick: 'no algorithm (None)', token: unsigned('None') },
      { trick: 'no algorithm (NONE)', token: unsigned('NONE') },
      ...confused,
      {
        trick: 'an empty HMAC key by a climbing kid',
        token: signed({ alg: 'HS256', kid: '../../../../dev/null', typ }, claims, hmac('')),
      },
      { trick: 'an empty signature', token: good.replace(/[^.]*$/, '') },
      { trick: 'a foreign key under the right kid', token: good },
      { trick: 'an expired one', token: signed(header, { ...claims, exp: seconds - 60 }, foreign.signer) },
      {
        trick: 'one for another audience',
        token: signed(header, { ...claims, aud: 'https://palisade-probe.example' }, foreign.signer),
      },
      {
        trick: 'a key by its address in the header (jku)',
        token: signed({ ...header, jku: 'https://palisade-probe.example/jwks' }, claims, foreign.signer),
      },
      {
        trick: 'a key in the header (jwk)',
        token: signed({ ...header, jwk: { ...foreign.jwk, kid } }, claims, foreign.signer),
      },
      { trick: 'two parts alone', token: good.replace(/\.[^.]*$/, '') },
      {
        trick: 'the shape of an encrypted one',
        token: `${part({ alg: 'dir', enc: 'A256GCM', typ })}..AAAAAAAAAAAAAAAA.${part(claims)}.AAAAAAAAAAAAAAAAAAAAAA`,
      },
      {
        trick: 'an oversized one',
        token: signed(header, { ...claims, filler: 'a'.repeat((oversize * 3) / 4) }, foreign.signer),
      },
      { trick: 'one in the address (access_token)', token: unsigned('none') },
    ],
  };
};
