import { isVaultError, type VaultClient } from '@palisade/vault';

import type { Answer } from '../../../contracts/evidence.ts';
import type { Revealable } from '../../../contracts/service-kind.ts';
import { mapConcurrently } from '../../../support/concurrency.ts';
import { Secret } from '../../../support/secret.ts';
import { ask, known } from '../known.ts';
import type { TokenTrial } from '../evidence.ts';

/** More tokens than a stack holds; a bound for hostile ones. */
const mostTokens = 32;

/** A token to try, and where it stands. */
export interface TokenCandidate {
  readonly origin: string;
  readonly token: Secret;
}

/** Tokens of the stack's files and of earlier postures, each value once. */
export const candidatesOf = (
  written: readonly TokenCandidate[],
  former: readonly Revealable[],
): readonly TokenCandidate[] => {
  const all = [
    ...written,
    ...former.map((token) => ({ origin: 'the earlier posture', token: new Secret(token.reveal()) })),
  ];
  const values = new Set<string>();
  return all.filter(({ token }) => {
    const fresh = token.reveal() !== '' && !values.has(token.reveal());
    values.add(token.reveal());
    return fresh;
  });
};

/** Tries each token once, with the one call that every token may make. */
export const tryTokens = (
  client: VaultClient,
  candidates: readonly TokenCandidate[],
  signal: AbortSignal,
): Promise<Answer<readonly { readonly trial: TokenTrial; readonly token: Secret }[]>> =>
  ask(signal, async () => {
    if (candidates.length > mostTokens) throw new Error(`more than ${mostTokens} different tokens in the stack`);
    return mapConcurrently(candidates, 4, async ({ origin, token }) => {
      const policies = await policiesOf(client, token, signal);
      return {
        token,
        trial: { origin, accepted: policies !== undefined, root: policies?.includes('root') ?? false },
      };
    });
  });

/** The policies of a token; undefined where the server does not take it. */
const policiesOf = async (
  client: VaultClient,
  token: Secret,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> => {
  // What no header can carry is no token.
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) return undefined;
  try {
    return (await client.withToken(token).token.lookupSelf({ signal })).policies;
  } catch (error) {
    if (isVaultError(error, 'vault/permission-denied')) return undefined;
    throw error;
  }
};

/** The policies of Palisade's own token; unknown where there is none or the server does not take it. */
export const ownPolicies = (
  client: VaultClient,
  token: Secret | undefined,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> =>
  token === undefined
    ? Promise.resolve(known([]))
    : ask(signal, async () => {
        const policies = await policiesOf(client, token, signal);
        if (policies === undefined) throw new Error('the server does not take the token of Palisade');
        return policies;
      });
