import type { LocalKey, Revocations } from '@palisade/fastify-guard';
import type { FastifyPluginAsync } from 'fastify';
import type { Provider } from 'oidc-provider';
import { accessTokensOf } from './access-tokens.ts';
import { type Clients, clientsOf } from './clients.ts';
import { OAuthError } from './errors.ts';
import { interactionRoutes } from './interaction.ts';
import { type KeyView, openKeyRing } from './keys/key-ring.ts';
import type { KeyTimes } from './keys/key-set.ts';
import type { KeyStore } from './keys/key-store.ts';
import { keyTimes } from './lives.ts';
import { passwordForm } from './password-form.ts';
import { type Accounts, accountsOf } from './people/accounts.ts';
import { attemptsOf } from './people/attempts.ts';
import { createPasswords } from './people/password.ts';
import { createProvider } from './provider.ts';
import type { Log, Now, Query } from './query.ts';
import { type OAuthLimits, type RouteParts, providerRoutes } from './routes.ts';
import { stateOf } from './state.ts';
import { serveStructuredTokens } from './structured-tokens.ts';
import { createTables, deleteExpired } from './tables.ts';

/** What the server is told. */
export interface AuthorizationServerOptions {
  /** `iss`: the origin that clients use, https and without a path, as `https://api.example`. */
  readonly issuer: string;
  /** `aud` of access tokens, an absolute address. */
  readonly audience: string;
  readonly database: Query;
  readonly keys: KeyStore;
  /** Serves the page's password form at `POST /token`. False where absent; a warning is logged where true. */
  readonly legacyPasswordGrant?: boolean;
  readonly limits?: Partial<OAuthLimits>;
  readonly keyTimes?: Partial<KeyTimes>;
  readonly now?: Now;
  readonly log: Log;
}

/** The server, to be registered after the guard. */
export interface AuthorizationServer {
  /** Routes below /oauth and /.well-known, and /token with `legacyPasswordGrant`; each declared for the guard. */
  readonly plugin: FastifyPluginAsync;
  /** For the guard: `keys: { local: server.localKeys() }`, with `algorithms: ['ES256']`. */
  readonly localKeys: () => readonly LocalKey[];
  /** Told of every other set of keys from now on: `(keys) => guard.useKeys(issuer, keys)`. */
  readonly onKeysChanged: (listener: (keys: readonly LocalKey[]) => void) => void;
  /** Makes the tables where they are missing; rejects while that cannot be done. Until then the endpoints answer 503. */
  readonly ready: () => Promise<void>;
  /** For the guard: `tokens.revocations`. One look-up by primary key a request; rejects where the database cannot say. */
  readonly revocations: Revocations;
  /** `planned` where absent: with overlap. `compromised`: at once; all tokens and sessions end. */
  readonly rotateKeys: (why?: 'planned' | 'compromised') => Promise<void>;
  /** Reads the keys again, as happens every half minute. */
  readonly refreshKeys: () => Promise<void>;
  readonly accounts: Pick<Accounts, 'add'>;
  readonly clients: Pick<Clients, 'add'>;
  /** Ends the timer; requests under way are the application's to drain. */
  readonly close: () => void;
}

const usualLimits: OAuthLimits = { endpoints: ['300/minute'], logins: ['10/minute', '100/hour'] };

/** Milliseconds between two looks at the keys and at what has expired. */
const pace = 30_000;

const check = (issuer: string, audience: string): void => {
  const url = URL.parse(issuer);
  if (url?.protocol !== 'https:' || url.origin !== issuer)
    throw new OAuthError('oauth/issuer-invalid', `${JSON.stringify(issuer)} is no origin with https`);
  if (URL.parse(audience) === null || audience.includes('#'))
    throw new OAuthError('oauth/audience-invalid', `${JSON.stringify(audience)} names no resource`);
};

/**
 * Makes an authorization server (OAuth 2.1, OpenID Connect). The signing keys have to be readable; the database may come later,
 * and until then the endpoints answer 503.
 *
 * @throws OAuthError where an option or the keys cannot be used
 */
export const createAuthorizationServer = async (options: AuthorizationServerOptions): Promise<AuthorizationServer> => {
  const { issuer, audience, database, log, legacyPasswordGrant = false, now = Date.now } = options;
  check(issuer, audience);
  if (legacyPasswordGrant)
    log.warn(
      {},
      'POST /token takes passwords from every client: turn legacyPasswordGrant off as soon as none needs it',
    );
  const accessTokens = accessTokensOf(database, now);
  const accounts = accountsOf(database, createPasswords(), attemptsOf(database, now));
  const clients = clientsOf(database);
  const adapter = stateOf(database, { clients, accessTokens, now });

  const listeners: ((keys: readonly LocalKey[]) => void)[] = [];
  const tokens = { issuer, audience, accessTokens, now, log, keys: () => ring.view() };
  const providerOf = (view: KeyView): { readonly provider: Provider; readonly handler: RouteParts['handler'] } => {
    const made = createProvider({ issuer, audience, adapter, accounts, accessTokens, log }, view);
    serveStructuredTokens(made, tokens);
    const handler = made.callback();
    return { provider: made, handler: (request, response) => handler(request, response) };
  };
  const ring = await openKeyRing(options.keys, {
    now,
    times: { ...keyTimes, ...options.keyTimes },
    log,
    changed: (view) => {
      current = providerOf(view);
      for (const listener of listeners) listener(view.published);
    },
  });
  let current = providerOf(ring.view());

  let tables: Promise<void> | undefined;
  const ready = (): Promise<void> => {
    tables ??= createTables(database).catch((error: unknown) => {
      tables = undefined;
      throw error;
    });
    return tables;
  };
  ready().catch((error: unknown) =>
    log.warn({ err: error }, 'the tables of the authorization server are not there yet'),
  );

  let working = false;
  const timer = setInterval(() => {
    if (working) return;
    working = true;
    void ring
      .refresh()
      .then(ready)
      .then(() => deleteExpired(database, now()))
      .catch((error: unknown) => log.warn({ err: error }, 'expired tokens could not be deleted'))
      .finally(() => {
        working = false;
      });
  }, pace);
  timer.unref();

  const parts: RouteParts & { readonly accounts: Accounts } = {
    issuer: new URL(issuer),
    provider: () => current.provider,
    handler: (request, response) => current.handler(request, response),
    ready,
    limits: { ...usualLimits, ...options.limits },
    accounts,
  };
  return {
    plugin: async (app) => {
      await app.register(async (scope) => providerRoutes(scope, parts));
      await app.register(async (scope) => interactionRoutes(scope, parts));
      if (legacyPasswordGrant)
        await app.register(async (scope) => passwordForm(scope, { ...tokens, accounts, ready, limits: parts.limits }));
    },
    localKeys: () => ring.view().published,
    onKeysChanged: (listener) => {
      listeners.push(listener);
    },
    ready,
    revocations: {
      isRevoked: ({ issuer: from, tokenId }) => from === issuer && ready().then(() => accessTokens.isRevoked(tokenId)),
    },
    rotateKeys: (why = 'planned') => ring.rotate(why),
    refreshKeys: () => ring.refresh(),
    accounts: { add: (account) => ready().then(() => accounts.add(account)) },
    clients: { add: (client) => ready().then(() => clients.add(client)) },
    close: () => clearInterval(timer),
  };
};
