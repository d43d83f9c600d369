import { createHash } from 'node:crypto';
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import * as z from 'zod';
import type { AccessTokens } from './access-tokens.ts';
import type { Clients } from './clients.ts';
import type { Now, Query } from './query.ts';

const stored = z.array(
  z.object({
    payload: z.record(z.string(), z.unknown()),
    consumed_at: z.date().nullable(),
    grant_id: z.string().nullable(),
  }),
);

/** Codes, refresh tokens and cookies are kept as hashes: whoever reads the table can use none of them. */
export const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url');

const columns = 'payload, consumed_at, grant_id';

/**
 * What the provider keeps, in PostgreSQL. A code or refresh token is consumed by one statement, so of all that come at the same
 * time one wins; for each of the others the grant ends, as for a replay (RFC 9700 sections 2.1.1 and 4.14.2).
 */
export const stateOf = (
  database: Query,
  surroundings: { readonly clients: Clients; readonly accessTokens: AccessTokens; readonly now: Now },
): AdapterFactory => {
  const { clients, accessTokens, now } = surroundings;
  const endGrant = (grantId: string): Promise<void> => accessTokens.endGrant(grantId, keyOf(grantId));

  return (kind): Adapter => {
    const first = async (
      condition: string,
      parameter: string,
      jti: string | undefined,
    ): Promise<AdapterPayload | undefined> => {
      const rows = await database.query(
        `SELECT ${columns} FROM oauth_state WHERE kind = $1 AND ${condition} = $2 AND expires_at > $3`,
        [kind, parameter, new Date(now())],
      );
      const row = stored.parse(rows)[0];
      if (row === undefined) return undefined;
      return {
        ...row.payload,
        ...(jti === undefined ? {} : { jti }),
        ...(row.consumed_at === null ? {} : { consumed: Math.floor(row.consumed_at.getTime() / 1000) }),
      };
    };
    return {
      upsert: async (id, payload, expiresIn) => {
        const { jti: _id, ...rest } = payload;
        const life = expiresIn ?? Math.max(0, (payload.exp ?? 0) - Math.floor(now() / 1000));
        await database.query(
          `INSERT INTO oauth_state (kind, id, payload, grant_id, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (kind, id) DO UPDATE SET payload = $3, grant_id = $4, uid = $5, expires_at = $6`,
          [
            kind,
            keyOf(id),
            JSON.stringify(rest),
            payload.grantId ?? null,
            payload.uid ?? null,
            new Date(now() + life * 1000),
          ],
        );
      },
      find: (id) => (kind === 'Client' ? clients.find(id) : first('id', keyOf(id), id)),
      findByUid: (uid) => first('uid', uid, undefined),
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const won = await database.query(
          `UPDATE oauth_state SET consumed_at = $3 WHERE kind = $1 AND id = $2 AND consumed_at IS NULL RETURNING id`,
          [kind, keyOf(id), new Date(now())],
        );
        if (won.length > 0) return;
        const rows = await database.query(`SELECT ${columns} FROM oauth_state WHERE kind = $1 AND id = $2`, [
          kind,
          keyOf(id),
        ]);
        const grantId = stored.parse(rows)[0]?.grant_id;
        if (typeof grantId === 'string') await endGrant(grantId);
        throw new errors.InvalidGrant('already used');
      },
      destroy: async (id) => {
        if (kind === 'Grant') await endGrant(id);
        else await database.query('DELETE FROM oauth_state WHERE kind = $1 AND id = $2', [kind, keyOf(id)]);
      },
      revokeByGrantId: endGrant,
    };
  };
};
