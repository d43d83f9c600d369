import * as z from 'zod';
import type { Now, Query } from './query.ts';

/** An access token that was made; times in seconds since the epoch. */
export interface IssuedToken {
  readonly id: string;
  /** What it was given under; tokens of one grant die together. Absent for tokens of clients themselves. */
  readonly grantId?: string;
  readonly clientId: string;
  /** The account that it speaks for; it dies with it. Absent for tokens of clients themselves. */
  readonly subject?: string;
  readonly expires: number;
}

/** The access tokens that were made, by their `jti`; the tokens themselves are kept nowhere. */
export interface AccessTokens {
  /** Writes one down before it is handed out. Where its grant has died meanwhile, it is dead too. */
  readonly record: (token: IssuedToken) => Promise<void>;
  /** False where it was revoked, has expired, or was never made here. */
  readonly isActive: (id: string) => Promise<boolean>;
  /** True where it was revoked. Rejects where the database cannot say. */
  readonly isRevoked: (id: string) => Promise<boolean>;
  readonly revoke: (id: string) => Promise<void>;
  /** Ends a grant: its codes, refresh tokens and access tokens. Doing it again changes nothing. */
  readonly endGrant: (grantId: string, grantKey: string) => Promise<void>;
}

/** How long an ended grant is remembered; longer than any request that could still make a token of it. In milliseconds. */
const rememberEnded = 24 * 3_600_000;

/** An account that was removed takes its tokens with it, in the moment in which its row is gone, also those still being made. */
const orphaned = 'subject IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = subject)';

const rows = z.array(z.unknown());

/** Access tokens of a database. */
export const accessTokensOf = (database: Query, now: Now): AccessTokens => {
  const some = async (statement: string, parameters: readonly unknown[]): Promise<boolean> =>
    rows.parse(await database.query(statement, parameters)).length > 0;
  return {
    record: async ({ id, grantId, clientId, subject, expires }) => {
      await database.query(
        'INSERT INTO oauth_access_tokens (id, grant_id, client_id, expires_at, subject) VALUES ($1, $2, $3, $4, $5)',
        [id, grantId ?? null, clientId, new Date(expires * 1000), subject ?? null],
      );
      // A second statement, because the first cannot see a grant that ends while it runs; endGrant looks in the other order,
      // so one of the two sees the other.
      if (grantId !== undefined)
        await database.query(
          `UPDATE oauth_access_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL
           AND EXISTS (SELECT 1 FROM oauth_dead_grants WHERE grant_id = $3)`,
          [id, new Date(now()), grantId],
        );
    },
    isActive: (id) =>
      some(
        `SELECT 1 FROM oauth_access_tokens WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2 AND NOT (${orphaned})`,
        [id, new Date(now())],
      ),
    isRevoked: (id) =>
      some(`SELECT 1 FROM oauth_access_tokens WHERE id = $1 AND (revoked_at IS NOT NULL OR ${orphaned})`, [id]),
    revoke: async (id) => {
      await database.query('UPDATE oauth_access_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [
        id,
        new Date(now()),
      ]);
    },
    endGrant: async (grantId, grantKey) => {
      await database.query(
        'INSERT INTO oauth_dead_grants (grant_id, expires_at) VALUES ($1, $2) ON CONFLICT (grant_id) DO NOTHING',
        [grantId, new Date(now() + rememberEnded)],
      );
      await database.query("DELETE FROM oauth_state WHERE grant_id = $1 OR (kind = 'Grant' AND id = $2)", [
        grantId,
        grantKey,
      ]);
      await database.query(
        'UPDATE oauth_access_tokens SET revoked_at = $2 WHERE grant_id = $1 AND revoked_at IS NULL',
        [grantId, new Date(now())],
      );
    },
  };
};
