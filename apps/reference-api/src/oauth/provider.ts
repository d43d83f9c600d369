import { type AdapterFactory, type Configuration, type KoaContextWithOIDC, Provider, errors } from 'oidc-provider';
import type { AccessTokens } from './access-tokens.ts';
import { allScopes, secretMatches } from './clients.ts';
import type { KeyView } from './keys/key-ring.ts';
import { lives } from './lives.ts';
import { errorPage } from './pages/pages.ts';
import type { Accounts } from './people/accounts.ts';
import type { Log } from './query.ts';
import { apiScopes, roleNames, rolesOf } from './roles.ts';

/** What the provider stands on. */
export interface ProviderParts {
  readonly issuer: string;
  readonly audience: string;
  readonly adapter: AdapterFactory;
  readonly accounts: Accounts;
  readonly accessTokens: AccessTokens;
  readonly log: Log;
}

/** Where the endpoints are. */
export const endpoints = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',
  jwks: '/oauth/jwks',
  end_session: '/oauth/session',
} as const;

const roleOf = (value: unknown) => roleNames.find((role) => role === value);

const disabled = { enabled: false } as const;

const configurationOf = (parts: ProviderParts, keys: KeyView): Configuration => {
  const { audience, adapter, accounts, accessTokens } = parts;
  return {
    adapter,
    jwks: keys.jwks,
    routes: endpoints,
    scopes: [...allScopes],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256', response_types: ['code'] },
    extraClientMetadata: { properties: ['role', 'introspects'] },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    revokeGrantPolicy: () => true,
    cookies: {
      keys: [...keys.cookieSecrets],
      names: { session: '__Host-session', interaction: '__Secure-interaction', resume: '__Secure-resume' },
      long: { httpOnly: true, sameSite: 'lax', secure: true, path: '/' },
      short: { httpOnly: true, sameSite: 'lax', secure: true },
    },
    features: {
      devInteractions: disabled,
      dPoP: disabled,
      pushedAuthorizationRequests: disabled,
      rpInitiatedLogout: disabled,
      userinfo: disabled,
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      introspection: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' && (token.clientId === client.clientId || client['introspects'] === true),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => audience,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return {
            audience,
            scope: apiScopes.join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: lives.accessToken,
            jwt: { sign: { alg: 'ES256', kid: keys.signing.id } },
          };
        },
      },
    },
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind === 'AccessToken') {
        const account = await accounts.find(token.accountId);
        return { roles: [...rolesOf(account?.role, token.scope)] };
      }
      // A client that asks for no scope means all that it was registered for.
      return { roles: [...rolesOf(roleOf(token.client?.['role']), token.scope ?? token.client?.scope)] };
    },
    formats: {
      customizers: {
        // The last step before a token is signed: what cannot be written down is not handed out.
        jwt: async (_ctx, token, { payload }) => {
          const grantId = token.kind === 'AccessToken' ? token.grantId : undefined;
          const { jti, exp } = payload;
          if (typeof jti !== 'string' || typeof exp !== 'number' || token.clientId === undefined)
            throw new TypeError('an access token has jti, exp and a client');
          await accessTokens.record({
            id: jti,
            clientId: token.clientId,
            expires: exp,
            ...(grantId === undefined ? {} : { grantId }),
            ...(token.kind === 'AccessToken' ? { subject: token.accountId } : {}),
          });
        },
      },
    },
    findAccount: async (_ctx, id) => {
      const account = await accounts.find(id);
      return account === undefined ? undefined : { accountId: account.id, claims: async () => ({ sub: account.id }) };
    },
    interactions: { url: (_ctx, interaction) => `/oauth/interaction/${interaction.uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error, out.error_description);
    },
    ttl: {
      AuthorizationCode: lives.code,
      AccessToken: lives.accessToken,
      ClientCredentials: lives.accessToken,
      IdToken: lives.idToken,
      Interaction: lives.interaction,
      Session: lives.session,
      Grant: lives.session + lives.refreshFamily,
      // The family ends when it was to end at the login.
      RefreshToken: (ctx: KoaContextWithOIDC) =>
        ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? lives.refreshFamily,
    },
  };
};

/** Secrets are kept as hashes, so the provider's own comparison would refuse them all. */
function compareClientSecret(this: { readonly clientSecret?: string | undefined }, actual: string): boolean {
  return this.clientSecret !== undefined && secretMatches(actual, this.clientSecret);
}

/** A provider that signs with these keys; all that it knows besides is in the database, so another one takes over at any time. */
export const createProvider = (parts: ProviderParts, keys: KeyView): Provider => {
  const provider = new Provider(parts.issuer, configurationOf(parts, keys));
  // What it believes is put there by `presentAs` alone.
  provider.proxy = true;
  provider.Client.prototype.compareClientSecret = compareClientSecret;
  const { log } = parts;
  const refused = (what: string) => (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) =>
    log.info(
      { oauth: what, client: ctx.oidc.client?.clientId, error: error.error, why: error.error_description },
      'refused',
    );
  provider.on('authorization.error', refused('authorization'));
  provider.on('grant.error', refused('token'));
  provider.on('revocation.error', refused('revocation'));
  provider.on('introspection.error', refused('introspection'));
  provider.on('grant.success', (ctx) =>
    log.info({ oauth: 'token', client: ctx.oidc.client?.clientId, grant: ctx.oidc.params?.['grant_type'] }, 'granted'),
  );
  provider.on('grant.revoked', (ctx) =>
    log.warn({ oauth: 'grant', client: ctx.oidc.client?.clientId }, 'all tokens of a grant were ended'),
  );
  provider.on('server_error', (_ctx, error) => log.error({ err: error }, 'the authorization server failed'));
  // Koa would print it to the console.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a method of Koa, no event of a browser
  provider.onerror = (error) => log.error({ err: error }, 'the authorization server failed');
  return provider;
};
