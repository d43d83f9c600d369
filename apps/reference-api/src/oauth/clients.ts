import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '@palisade/vault/secret';
import type { AdapterPayload } from 'oidc-provider';
import * as z from 'zod';
import { OAuthError } from './errors.ts';
import type { Query } from './query.ts';
import { type Role, apiScopes, roleNames } from './roles.ts';

/** A program that may ask for tokens. */
export interface NewClient {
  readonly id: string;
  /** `none` for programs that can keep no secret, as those in a browser: they have PKCE alone. */
  readonly authentication: 'client_secret_basic' | 'client_secret_post' | 'none';
  /** Compared byte by byte; https alone. Empty for clients that act for nobody but themselves. */
  readonly redirectUris: readonly string[];
  readonly grants: readonly ('authorization_code' | 'refresh_token' | 'client_credentials')[];
  /** Scopes that it may ask for; all where absent. */
  readonly scopes?: readonly string[];
  /** What it may do in its own name, by `client_credentials`. */
  readonly role?: Role;
  /** May introspect tokens of other clients, as a resource server does. */
  readonly introspects?: boolean;
}

/** Scopes that a client can ask for. */
export const allScopes = ['openid', 'offline_access', ...apiScopes] as const;

const row = z.object({
  id: z.string(),
  secret_hash: z.string().nullable(),
  role: z.enum(roleNames).nullable(),
  introspects: z.boolean(),
  metadata: z.object({
    redirect_uris: z.array(z.string()),
    grant_types: z.array(z.string()),
    response_types: z.array(z.literal('code')),
    token_endpoint_auth_method: z.enum(['client_secret_basic', 'client_secret_post', 'none']),
    scope: z.string(),
  }),
});

/** Secrets have 256 random bits, so a plain hash keeps them; nothing that a person chose is hashed like this. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** True where the secret is the one of the hash; takes the same time wherever they differ. */
export const secretMatches = (secret: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash.padEnd(43).slice(0, 43)));

/** The clients in the table `oauth_clients`. */
export interface Clients {
  /** Adds one and gives its secret, this once, where it has one. Throws OAuthError. */
  readonly add: (client: NewClient) => Promise<{ readonly secret: Secret | undefined }>;
  /** What the provider wants to know. */
  readonly find: (id: string) => Promise<AdapterPayload | undefined>;
}

const faultOf = ({ id, redirectUris, grants, scopes = [], role, authentication }: NewClient): string | undefined => {
  if (!/^[\w.-]{1,100}$/.test(id)) return 'a client_id has 1 to 100 letters, digits or . _ -';
  if (grants.length === 0) return 'it may ask for nothing';
  if (grants.includes('authorization_code') !== redirectUris.length > 0)
    return 'authorization_code needs redirect URIs, and other grants have none';
  if (grants.includes('refresh_token') && !grants.includes('authorization_code'))
    return 'refresh tokens come with authorization codes alone';
  if (grants.includes('client_credentials') && (authentication === 'none' || role === undefined))
    return 'client_credentials need a secret and a role';
  const uri = redirectUris.find((text) => {
    const url = URL.parse(text);
    return url?.protocol !== 'https:' || url.href !== text || text.includes('#') || url.username + url.password !== '';
  });
  if (uri !== undefined) return 'a redirect URI is a normalized https address without fragment and user';
  return scopes.every((scope) => allScopes.some((known) => known === scope)) ? undefined : 'a scope is unknown';
};

/** The clients of a database. */
export const clientsOf = (database: Query): Clients => ({
  add: async (client) => {
    const fault = faultOf(client);
    if (fault !== undefined) throw new OAuthError('oauth/client-invalid', fault);
    const secret = client.authentication === 'none' ? undefined : randomBytes(32).toString('base64url');
    const metadata: z.output<typeof row>['metadata'] = {
      redirect_uris: [...client.redirectUris],
      grant_types: [...client.grants],
      response_types: client.grants.includes('authorization_code') ? ['code'] : [],
      token_endpoint_auth_method: client.authentication,
      scope: (client.scopes ?? allScopes).join(' '),
    };
    const added = await database.query(
      `INSERT INTO oauth_clients (id, secret_hash, role, introspects, metadata) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [
        client.id,
        secret === undefined ? null : hashOf(secret),
        client.role ?? null,
        client.introspects ?? false,
        JSON.stringify(metadata),
      ],
    );
    if (added.length === 0) throw new OAuthError('oauth/client-taken', 'a client of this client_id exists already');
    return { secret: secret === undefined ? undefined : new Secret(secret) };
  },
  find: async (id) => {
    if (!/^[\w.-]{1,100}$/.test(id)) return undefined;
    const rows = await database.query(
      'SELECT id, secret_hash, role, introspects, metadata FROM oauth_clients WHERE id = $1',
      [id],
    );
    const found = z.array(row).parse(rows)[0];
    if (found === undefined) return undefined;
    return {
      ...found.metadata,
      client_id: found.id,
      ...(found.secret_hash === null ? {} : { client_secret: found.secret_hash }),
      ...(found.role === null ? {} : { role: found.role }),
      introspects: found.introspects,
    };
  },
});
