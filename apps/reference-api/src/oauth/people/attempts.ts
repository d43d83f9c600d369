import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Now, Query } from '../query.ts';

/** Logins that fail in one window before an account is closed for the rest of it, and the window in milliseconds. */
const most = 10;
const window = 15 * 60_000;

const counted = z.array(z.object({ count: z.number(), expires_at: z.date() })).length(1);

/** Counts login attempts by account, whether the account exists or not, in all instances together. */
export interface Attempts {
  /** Counts one before the password is looked at; seconds to wait where it is one too many. */
  readonly take: (
    name: string,
  ) => Promise<{ readonly allowed: true } | { readonly allowed: false; readonly wait: number }>;
  /** Forgets the count after a login that worked. */
  readonly clear: (name: string) => Promise<void>;
}

/** Names are kept as hashes: people type passwords into the field for the name. */
const keyOf = (name: string): string => createHash('sha256').update(name).digest('base64url');

/** Attempts in the table `oauth_login_attempts`. */
export const attemptsOf = (database: Query, now: Now): Attempts => ({
  take: async (name) => {
    const time = now();
    const rows = await database.query(
      `INSERT INTO oauth_login_attempts AS known (account, count, expires_at) VALUES ($1, 1, $3)
       ON CONFLICT (account) DO UPDATE SET
         count = CASE WHEN known.expires_at <= $2 THEN 1 ELSE known.count + 1 END,
         expires_at = CASE WHEN known.expires_at <= $2 THEN $3 ELSE known.expires_at END
       RETURNING count, expires_at`,
      [keyOf(name), new Date(time), new Date(time + window)],
    );
    const row = counted.parse(rows)[0];
    if (row === undefined || row.count <= most) return { allowed: true };
    return { allowed: false, wait: Math.max(1, Math.ceil((row.expires_at.getTime() - time) / 1000)) };
  },
  clear: async (name) => {
    await database.query('DELETE FROM oauth_login_attempts WHERE account = $1', [keyOf(name)]);
  },
});
