import { part, signed, type Issuance, tokensOf } from '../tokens.ts';
import { text } from './bytes.ts';

/** One token that must not be accepted. */
export interface Forged {
  readonly name: string;
  readonly token: () => string;
  /** `token-invalid` where absent. */
  readonly code?: 'token-expired' | 'token-invalid';
}

/** Ways to make tokens that are nearly good, with the issuer's own key. */
export interface Mint extends Issuance, ReturnType<typeof tokensOf> {
  /** The private key for ES256, in PEM. */
  readonly es: string;
  /** The parts of a token; of a good one where it is absent. */
  readonly parts: (token?: string) => readonly [string, string, string];
  /** A good token but for its header. */
  readonly withHeader: (changes: object) => string;
  /** A good token but for one claim, which it lacks. */
  readonly without: (name: string) => string;
  readonly hmacWith: (secret: string, algorithm?: string, kid?: string) => string;
  readonly unsigned: (alg: string, signature?: string) => string;
  /** Good but for the claims, which are this text. */
  readonly raw: (claims: string) => string;
  /** Claims as text, with members put in front as they are. */
  readonly withText: (members: string) => string;
  /** The parts of a good token with this signature. */
  readonly es256With: (r: Buffer, s: Buffer) => string;
}

/** The mint of an issuer. */
export const mintOf = (issuance: Issuance): Mint => {
  const made = tokensOf(issuance);
  const { claims, header, token } = made;
  const es = issuance.keys.p256.privateKey;
  const parts = (given = token()): readonly [string, string, string] => {
    const [first = '', second = '', third = ''] = given.split('.');
    return [first, second, third];
  };
  const raw = (claimText: string): string => signed(header(), claimText, es);
  return {
    ...issuance,
    ...made,
    es,
    parts,
    withHeader: (changes) => signed(header(changes), claims(), es),
    without: (name) =>
      signed(header(), Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name)), es),
    hmacWith: (secret, algorithm = 'HS256', kid = 'rsa') =>
      signed(header({ alg: algorithm, kid }), claims(), secret, algorithm),
    unsigned: (alg, signature = '') => `${part(header({ alg }))}.${part(claims())}.${signature}`,
    raw,
    withText: (members) => raw(`{${members},${text(claims()).slice(1)}`),
    es256With: (r, s) => {
      const [first, second] = parts();
      return `${first}.${second}.${Buffer.concat([r, s]).toString('base64url')}`;
    },
  };
};
