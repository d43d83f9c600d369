import { join } from 'node:path';
import { type VaultClient, createVaultClient, isVaultError } from '@palisade/vault';
import type { Runtime } from '../../contracts/runtime.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { activeServices } from '../../model/index.ts';
import { listenerAuthorities, openKeyStore } from '../../services/vault/bootstrap/index.ts';
import { kind as vaultKind } from '../../services/vault/index.ts';
import type { Secret } from '../../support/secret.ts';
import type { JobContext } from '../context.ts';
import { error } from '../errors.ts';
import { stateDirectoryOf } from '../open-runtime.ts';

/** Where Palisade keeps the sealed shares and the operator's login of a hardened stack. */
export const vaultStateOf = (stack: Stack): string => join(stateDirectoryOf(stack.directory), 'vault');

/** The stack's Vault; undefined where it has none. */
export const findVault = (stack: Stack): Service | undefined =>
  activeServices(stack).find(({ kind }) => kind === vaultKind.id);

/**
 * The stack's Vault.
 *
 * @throws `job/no-vault`
 */
export const vaultOf = (stack: Stack): Service => {
  const vault = findVault(stack);
  if (vault === undefined) throw error('job/no-vault', { project: stack.name });
  return vault;
};

/** The directory of the listener's certificate, as the hardened posture mounts it. */
export const listenerDirectoryOf = (stack: Stack, vault: Service): string =>
  join(stack.directory, 'certs', vault.name, 'server');

/**
 * A client of the running server, without a token, that trusts exactly the given authorities.
 *
 * @throws `job/vault-not-running`
 */
export const connectToVault = (
  runtime: Runtime,
  vault: Service,
  context: JobContext,
  authorities: string | undefined,
): VaultClient => {
  const endpoint = runtime.endpoint(vault.name, vaultKind.ports['api'] ?? 8200);
  if (endpoint === undefined) throw error('job/vault-not-running', { service: vault.name });
  return createVaultClient({
    address: `https://localhost:${endpoint.port}`,
    clock: context.clock,
    random: context.random,
    ...(authorities === undefined ? {} : { authorities }),
  });
};

/** A client with the operator's token. Closing it revokes the token. */
export interface OperatorSession {
  readonly client: VaultClient;
  readonly token: Secret;
  readonly close: () => Promise<void>;
}

/**
 * Logs in as the operator of a hardened stack; undefined where the stack was never bootstrapped, or its Vault does not run.
 *
 * @throws VaultError where the server refuses the login
 */
export const openOperatorSession = async (
  stack: Stack,
  runtime: Runtime,
  context: JobContext,
): Promise<OperatorSession | undefined> => {
  const vault = findVault(stack);
  if (vault === undefined || runtime.endpoint(vault.name, vaultKind.ports['api'] ?? 8200) === undefined)
    return undefined;
  const credential = await (await openKeyStore(vaultStateOf(stack))).operator();
  if (credential === undefined) return undefined;
  const authorities = await listenerAuthorities(listenerDirectoryOf(stack, vault));
  const client = connectToVault(runtime, vault, context, authorities === '' ? undefined : authorities);
  try {
    const { token } = await client.approle().login(credential.roleId, credential.secretId, { signal: context.signal });
    const own = client.withToken(token);
    return {
      client: own,
      token,
      close: async () => {
        // A server that is gone has nothing left to revoke; the token ends by itself within the hour.
        await own.token.revokeSelf().catch((thrown: unknown) => {
          if (!isVaultError(thrown)) throw thrown;
        });
        await client.close();
      },
    };
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
};
