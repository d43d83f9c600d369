import { algorithms } from './forged/algorithms.ts';
import { headers } from './forged/headers.ts';
import { identities } from './forged/identities.ts';
import { json } from './forged/json.ts';
import { type Forged, mintOf } from './forged/mint.ts';
import { signatures } from './forged/signatures.ts';
import { spelling } from './forged/spelling.ts';
import { times } from './forged/times.ts';
import { type Issuance, usualIssuance } from './tokens.ts';

export type { Forged } from './forged/mint.ts';

/** What an attacker could try who holds everything of an issuer, its private keys too. Every one must be answered with 401. */
export const forgedTokens = (issuance: Issuance): readonly Forged[] => {
  const mint = mintOf(issuance);
  return [algorithms, signatures, spelling, json, headers, times, identities].flatMap((make) => make(mint));
};

/** Those of the issuer of the tests. */
export const forged = forgedTokens(usualIssuance);
