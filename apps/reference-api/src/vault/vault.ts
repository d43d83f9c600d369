import { readFile } from 'node:fs/promises';
import {
  type AppRoleSession,
  type Kv2,
  type SessionEvent,
  type TokenSource,
  type Transit,
  type VaultClient,
  createAppRoleSession,
  createVaultClient,
  isVaultError,
} from '@palisade/vault';
import { Secret } from '@palisade/vault/secret';
import type { HardenedConfiguration, ServerEntry } from '../configuration/configuration.ts';
import type { Address, Login } from '../connection/login.ts';
import { StartError, messageOf } from '../errors.ts';

/** A login as it is kept, without the identity that this machine adds. */
export type KeptLogin = Omit<Login, 'tls'>;

/** What the service needs of Vault. */
export interface Vault {
  /** The login kept for a server below the KV mount `secret`. */
  readonly readLogin: (entry: ServerEntry, signal: AbortSignal) => Promise<KeptLogin>;
  /** An entry below the same mount that this service makes and replaces itself. */
  readonly entries: Pick<Kv2, 'read' | 'write'>;
  /** Signatures by keys of the transit engine, which never leave it. */
  readonly sign: Transit['sign'];
  /** Rejects where Vault does not answer, is sealed, or lets this service not in. */
  readonly check: () => Promise<void>;
  /** Gives the token back. */
  readonly close: () => Promise<void>;
}

const addressesOf = (entry: ServerEntry, fields: ReadonlyMap<string, Secret>): readonly Address[] => {
  if (entry.addresses.length > 0) return entry.addresses;
  const host = fields.get('host')?.reveal();
  const port = Number(fields.get('port')?.reveal() ?? String(entry.defaultPort));
  return host === undefined || !Number.isInteger(port) ? [] : [{ host, port }];
};

const loginOf = (entry: ServerEntry, fields: ReadonlyMap<string, Secret>): KeptLogin => {
  const { path } = entry;
  const [username, password] = [fields.get('username'), fields.get('password')];
  const database = entry.name ?? (fields.get('database') ?? fields.get('vhost'))?.reveal();
  const missing = [
    ...['username', 'password'].filter((field) => !fields.has(field)),
    ...(database === undefined && entry.needsDatabase ? ['database'] : []),
  ];
  if (username === undefined || password === undefined || missing.length > 0)
    throw new StartError('vault/credentials-unusable', `secret/${path} has no field ${missing.join(', ')}`);
  const [address, ...nodes] = addressesOf(entry, fields);
  if (address === undefined)
    throw new StartError('vault/credentials-unusable', `secret/${path} has no usable host and port`);
  return {
    ...address,
    ...(nodes.length === 0 ? {} : { nodes }),
    ...(database === undefined ? {} : { database }),
    username: username.reveal(),
    password,
  };
};

const readLogin = async (client: VaultClient, entry: ServerEntry, signal: AbortSignal): Promise<KeptLogin> => {
  const kept = await client.kv2().read(entry.path, { signal });
  if (kept === undefined)
    throw new StartError('vault/credentials-unusable', `there is nothing at secret/${entry.path}`);
  return loginOf(entry, kept.fields);
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
    readLogin: (entry, signal) => readLogin(client, entry, signal),
    entries: client.kv2(),
    sign: client.transit().sign,
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
  configuration: Pick<HardenedConfiguration, 'vault'>,
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
  const retried = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const token = await session.token();
    try {
      return await work();
    } catch (error) {
      if (!isVaultError(error, 'vault/permission-denied')) throw error;
      // The token may have been revoked before its time; a new one tells.
      session.discard(token);
      return work();
    }
  };
  const kv = authenticated.kv2();
  return {
    readLogin: (entry, signal) => retried(() => readLogin(authenticated, entry, signal)),
    entries: {
      read: (path, options) => retried(() => kv.read(path, options)),
      write: (path, fields, options) => retried(() => kv.write(path, fields, options)),
    },
    sign: (key, bytes, options) => retried(() => authenticated.transit().sign(key, bytes, options)),
    check: async () => {
      await session.token();
      await checkHealth(client);
    },
    close,
  };
};
