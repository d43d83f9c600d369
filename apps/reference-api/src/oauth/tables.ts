import type { Query } from './query.ts';

/**
 * All tables in one statement, so that they are there together or not at all. Instances that start at the same time wait for
 * each other at the advisory lock, because CREATE TABLE IF NOT EXISTS alone can fail in a race.
 */
const migration = `
DO $$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('reference-api oauth tables'));
  CREATE TABLE IF NOT EXISTS accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'user', 'readonly')),
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS oauth_clients (
    id text PRIMARY KEY,
    secret_hash text,
    role text CHECK (role IN ('admin', 'user', 'readonly')),
    introspects boolean NOT NULL DEFAULT false,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS oauth_state (
    kind text NOT NULL,
    id text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    uid text,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX IF NOT EXISTS oauth_state_grant ON oauth_state (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oauth_state_uid ON oauth_state (kind, uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oauth_state_expiry ON oauth_state (expires_at);
  CREATE TABLE IF NOT EXISTS oauth_access_tokens (
    id text PRIMARY KEY,
    grant_id text,
    client_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
  );
  -- Asked first, because only the owner may alter, even where there is nothing to do.
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'oauth_access_tokens'::regclass AND attname = 'subject') THEN
    ALTER TABLE oauth_access_tokens ADD COLUMN subject uuid;
  END IF;
  CREATE INDEX IF NOT EXISTS oauth_access_tokens_grant ON oauth_access_tokens (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oauth_access_tokens_expiry ON oauth_access_tokens (expires_at);
  CREATE TABLE IF NOT EXISTS oauth_dead_grants (
    grant_id text PRIMARY KEY,
    expires_at timestamptz NOT NULL
  );
  CREATE TABLE IF NOT EXISTS oauth_login_attempts (
    account text PRIMARY KEY,
    count integer NOT NULL,
    expires_at timestamptz NOT NULL
  );
END $$`;

/** Makes the tables that are missing; changes none that is there. Needs CREATE on the schema at the first start alone. */
export const createTables = async (database: Query): Promise<void> => {
  await database.query(migration);
};

const expiring = ['oauth_state', 'oauth_access_tokens', 'oauth_dead_grants', 'oauth_login_attempts'] as const;

/** Deletes what has expired, at most a thousand rows of each table, so that no statement runs long. */
export const deleteExpired = async (database: Query, now: number): Promise<void> => {
  for (const table of expiring)
    await database.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE expires_at <= $1 LIMIT 1000))`,
      // A guard with a slower clock still takes a token that has just expired, and has to find that it was revoked.
      [new Date(now - (table === 'oauth_access_tokens' ? 60_000 : 0))],
    );
};
