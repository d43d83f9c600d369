import { KeyObject } from 'node:crypto';
import { SignJWT, decodeProtectedHeader, jwtVerify } from 'jose';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { LocalKey } from '@palisade/fastify-guard';
import type { AccessTokens } from './access-tokens.ts';
import type { KeyView } from './keys/key-ring.ts';
import type { Log, Now } from './query.ts';

/** What access tokens are read and written with. */
export interface TokenParts {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokens: AccessTokens;
  readonly keys: () => KeyView;
  readonly now: Now;
  readonly log: Log;
}

const keyNamed = (published: readonly LocalKey[], id: string | undefined): KeyObject | undefined => {
  const key = published.find((one) => one.id === id)?.key;
  return key instanceof KeyObject ? key : undefined;
};

/** The claims of an access token of ours that has not expired; `undefined` for everything else. */
const claimsOf = async (token: string, { issuer, audience, keys, now }: TokenParts) => {
  try {
    const key = keyNamed(keys().published, decodeProtectedHeader(token).kid);
    if (key === undefined) return undefined;
    const { payload } = await jwtVerify(token, key, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(now()),
    });
    return payload;
  } catch {
    return undefined;
  }
};

/**
 * Lets JWT access tokens be revoked and introspected, which the provider leaves to others: it has authenticated the client by
 * the time it says so, and this answers in its place.
 */
export const serveStructuredTokens = (provider: Provider, parts: TokenParts): void => {
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    try {
      await next();
    } catch (error) {
      parts.log.error({ err: error }, 'the authorization server failed');
      ctx.status = 500;
      ctx.body = { error: 'server_error' };
      return;
    }
    const body: unknown = ctx.body;
    if (typeof body !== 'object' || body === null || !('error' in body) || body.error !== 'unsupported_token_type')
      return;
    const { client, params, route } = ctx.oidc;
    const token = params?.['token'];
    if (client === undefined || typeof token !== 'string') return;
    const claims = await claimsOf(token, parts);
    const id = claims?.jti;
    const own = claims?.['client_id'] === client.clientId;
    ctx.status = 200;
    if (route === 'revocation') {
      if (own && id !== undefined) await parts.accessTokens.revoke(id);
      ctx.body = '';
      return;
    }
    const allowed = client.clientAuthMethod !== 'none' && (own || client['introspects'] === true);
    const active = allowed && id !== undefined && (await parts.accessTokens.isActive(id));
    ctx.body = active ? { active, ...claims, token_type: 'Bearer' } : { active: false };
  });
};

/** Signs an access token for an account outside the provider's flows, and writes it down. Lives `life` seconds. */
export const signAccessToken = async (
  { issuer, audience, accessTokens, keys, now }: TokenParts,
  token: {
    readonly subject: string;
    readonly client: string;
    readonly roles: readonly string[];
    readonly life: number;
  },
): Promise<string> => {
  const { id, key } = keys().signing;
  const issued = Math.floor(now() / 1000);
  const jti = crypto.randomUUID();
  await accessTokens.record({ id: jti, clientId: token.client, subject: token.subject, expires: issued + token.life });
  return new SignJWT({ client_id: token.client, roles: [...token.roles] })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: id })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(token.subject)
    .setJti(jti)
    .setIssuedAt(issued)
    .setExpirationTime(issued + token.life)
    .sign(key);
};
