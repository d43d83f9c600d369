import type { IssuerOptions } from '@palisade/fastify-guard';
import type { HardenedConfiguration, OwnIssuer } from '../configuration/configuration.ts';
import type { Database } from '../database/database.ts';
import { StartError, messageOf } from '../errors.ts';
import { type AuthorizationServer, createAuthorizationServer } from '../oauth/authorization-server.ts';
import { OAuthError } from '../oauth/errors.ts';
import { vaultKeyStore } from '../oauth/keys/key-store.ts';
import type { Log } from '../oauth/query.ts';
import type { Vault } from '../vault/vault.ts';

/** Whose tokens are accepted, and who gives them out where it is this service itself. */
export interface Issuer {
  readonly options: IssuerOptions;
  readonly server?: AuthorizationServer;
}

const openServer = async (
  origin: string,
  { keysPath, legacyPasswordGrant }: OwnIssuer,
  on: { readonly vault: Vault; readonly database: Database; readonly log: Log },
): Promise<AuthorizationServer> => {
  try {
    return await createAuthorizationServer({
      issuer: origin,
      audience: origin,
      database: on.database,
      keys: vaultKeyStore(on.vault.entries, keysPath),
      legacyPasswordGrant,
      log: on.log,
    });
  } catch (error) {
    const what = `the signing keys at secret/${keysPath}: ${messageOf(error)}`;
    throw error instanceof OAuthError
      ? new StartError('oauth/unusable', error.message, error)
      : new StartError('oauth/keys-unreachable', what, error);
  }
};

/** Opens the own authorization server, or takes the issuer that the configuration names. @throws StartError */
export const openIssuer = async (
  { origin, issuer }: HardenedConfiguration,
  on: { readonly vault: Vault; readonly database: Database; readonly log: Log },
): Promise<Issuer> => {
  if (issuer.kind === 'outside')
    return {
      options: {
        issuer: issuer.url,
        audience: origin,
        algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
        keys: { discover: true },
      },
    };
  const server = await openServer(origin, issuer, on);
  return {
    options: { issuer: origin, audience: origin, algorithms: ['ES256'], keys: { local: server.localKeys() } },
    server,
  };
};
