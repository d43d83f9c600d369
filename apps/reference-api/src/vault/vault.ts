import { readFile } from 'node:fs/promises';
import {
  type AppRoleSession,
  type SessionEvent,
  type TokenSource,
  type VaultClient,
  createAppRoleSession,
  createVaultClient,
  isVaultError,
} from '@palisade/vault';
import { Secret } from '@palisade/vault/secret';
import type { HardenedConfiguration } from '../configuration.ts';
import type { DatabaseLogin } from '../database/database.ts';
import { StartError, messageOf } from '../errors.ts';

/** What the service needs of Vault. */
export interface Vault {
  /** The login kept at a path below the KV mount `secret`. */
  readonly readLogin: (path: string, signal: AbortSignal) => Promise<Omit<DatabaseLogin, 'tls'>>;
  /** Rejects where Vault does not answer, is sealed, or lets this service not in. */
  readonly check: () => Promise<void>;
  /** Gives the token back. */
  readonly close: () => Promise<void>;
}

/** What the environment knows better than the entry. */
type Overrides = Pick<HardenedConfiguration['database'], 'address' | 'name'>;

const loginOf = (
  path: string,
  fields: ReadonlyMap<string, Secret>,
  { address, name }: Overrides,
): Omit<DatabaseLogin, 'tls'> => {
  const missing = ['username', 'password', 'database'].filter((field) => !fields.has(field));
  const [username, password] = [fields.get('username'), fields.get('password')];
  const database = name ?? fields.get('database')?.reveal();
  if (username === undefined || password === undefined || database === undefined)
    throw new StartError('vault/credentials-unusable', `secret/${path} has no field ${missing.join(', ')}`);
  const host = address?.host ?? fields.get('host')?.reveal();
  const port = address?.port ?? Number(fields.get('port')?.reveal() ?? '5432');
  if (host === undefined || !Number.isInteger(port))
    throw new StartError('vault/credentials-unusable', `secret/${path} has no usable host and port`);
  return { username: username.reveal(), password, database, host, port };
};

const readLogin = async (
  client: VaultClient,
  path: string,
  signal: AbortSignal,
  overrides: Overrides,
): Promise<Omit<DatabaseLogin, 'tls'>> => {
  const entry = await client.kv2().read(path, { signal });
  if (entry === undefined) throw new StartError('vault/credentials-unusable', `there is nothing at secret/${path}`);
  return loginOf(path, entry.fields, overrides);
};

const checkHealth = async (client: VaultClient): Promise<void> => {
  const { health } = await client.sys.health({ timeout: 1_500 });
  if (health !== 'active' && health !== 'standby' && health !== 'performance-standby')
    throw new Error(`Vault is ${health}`);
};

/** Vault with the root token of a laptop, in plain text if the address says so. */
export const openWithToken = (address: string, token: TokenSource): Vault => {
  const client = createVaultClient({ address, token, plaintext: true });
  return {
    readLogin: (path, signal) => readLogin(client, path, signal, {}),
    check: () => checkHealth(client),
    close: client.close,
  };
};

const readTrimmed = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim();

/** The first login, tried until the bound: Vault may start after this service. */
const firstLogin = async (session: AppRoleSession, within: number): Promise<void> => {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      await session.token();
      return;
    } catch (error) {
      // Another secret-id does not come by waiting for Vault.
      const final = !isVaultError(error) || isVaultError(error, 'vault/invalid-credentials', 'vault/tls');
      if (final || Date.now() >= deadline)
        throw new StartError('vault/unavailable', `cannot log in to Vault: ${messageOf(error)}`, error);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
};

/**
 * Vault with AppRole over verified TLS. The files with role-id and secret-id are read at each login, so that replaced
 * ones are picked up.
 *
 * @throws StartError `vault/unavailable` where no login succeeds within `startWithin`.
 */
export const openWithAppRole = async (
  configuration: Pick<HardenedConfiguration, 'vault' | 'database'>,
  observe: (event: SessionEvent) => void,
): Promise<Vault> => {
  const { address, authorities: authoritiesFile, roleIdFile, secretIdFile, startWithin } = configuration.vault;
  const authorities = await readTrimmed(authoritiesFile).catch((error: unknown) => {
    throw new StartError('vault/unavailable', `the authorities in ${authoritiesFile}: ${messageOf(error)}`, error);
  });
  const client = createVaultClient({ address, authorities, timeout: 3_000 });
  const session = createAppRoleSession(client, {
    roleId: () => readTrimmed(roleIdFile),
    secretId: async () => new Secret(await readTrimmed(secretIdFile)),
    observe,
    longestPause: 15_000,
  });
  const authenticated = client.withToken(session.token);
  const close = async (): Promise<void> => {
    await session.close();
    await client.close();
  };
  try {
    await firstLogin(session, startWithin);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    readLogin: async (path, signal) => {
      const token = await session.token();
      try {
        return await readLogin(authenticated, path, signal, configuration.database);
      } catch (error) {
        if (!isVaultError(error, 'vault/permission-denied')) throw error;
        // The token may have been revoked before its time; a new one tells.
        session.discard(token);
        return readLogin(authenticated, path, signal, configuration.database);
      }
    },
    check: async () => {
      await session.token();
      await checkHealth(client);
    },
    close,
  };
};
