import * as z from 'zod';
import type { AccessTokens } from './access-tokens.ts';
import type { Now, Query } from './query.ts';
import { keyOf } from './state.ts';

const ids = z.array(z.object({ id: z.string() }));

/** Everything that came of a login is found by the grants of its codes and refresh tokens, and of its sessions. */
const grantsOfAccount = `
SELECT grant_id AS id FROM oauth_state WHERE payload ->> 'accountId' = $1 AND grant_id IS NOT NULL
UNION
SELECT given.value ->> 'grantId' FROM oauth_state, jsonb_each(payload -> 'authorizations') AS given
WHERE kind = 'Session' AND payload ->> 'accountId' = $1 AND given.value ->> 'grantId' IS NOT NULL`;

/**
 * Removes an account and ends its sessions and tokens. The account goes first: what is under way finds nobody from then on, and
 * an access token whose account is gone is refused, whoever gave it out. False where there is no such account.
 */
export const removeAccount = async (database: Query, accessTokens: AccessTokens, name: string): Promise<boolean> => {
  const [account] = ids.parse(await database.query('DELETE FROM accounts WHERE name = $1 RETURNING id', [name]));
  if (account === undefined) return false;
  for (const { id } of ids.parse(await database.query(grantsOfAccount, [account.id])))
    await accessTokens.endGrant(id, keyOf(id));
  await database.query("DELETE FROM oauth_state WHERE payload ->> 'accountId' = $1", [account.id]);
  return true;
};

/** Removes a client and ends everything that it was given. False where there is no such client. */
export const removeClient = async (database: Query, now: Now, id: string): Promise<boolean> => {
  const removed = await database.query('DELETE FROM oauth_clients WHERE id = $1 RETURNING id', [id]);
  if (removed.length === 0) return false;
  await database.query("DELETE FROM oauth_state WHERE payload ->> 'clientId' = $1", [id]);
  await database.query('UPDATE oauth_access_tokens SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL', [
    id,
    new Date(now()),
  ]);
  return true;
};
