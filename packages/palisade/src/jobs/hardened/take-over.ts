import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type VaultClient, createVaultClient } from '@palisade/vault';
import { z } from 'zod';
import type { Runtime } from '../../contracts/runtime.ts';
import type { Stack } from '../../contracts/stack.ts';
import { activeServices } from '../../model/index.ts';
import { adoptVolumes } from '../../runtime/process/adopt.ts';
import { kind as vaultKind } from '../../services/vault/index.ts';
import { Secret } from '../../support/secret.ts';
import type { JobContext } from '../context.ts';
import { openProcessRuntime, runtimeDirectoryOf, stateDirectoryOf, wasStarted } from '../open-runtime.ts';
import { openProject } from '../project.ts';
import type { BringUpOptions } from './bring-up.ts';
import { findVault } from './vault-access.ts';

/** What a hardened stack takes over from the development posture that it was copied from. */
export interface Predecessor {
  readonly options: Pick<BringUpOptions, 'migrate' | 'beforeServices'>;
  readonly close: () => Promise<void>;
}

const nothing: Predecessor = { options: {}, close: () => Promise.resolve() };

const record = z.object({ source: z.string() });

/** The directory that a hardened copy was made from; undefined where it is no copy, or the original is gone. */
const sourceOf = (stack: Stack): string | undefined => {
  const file = join(stateDirectoryOf(stack.directory), 'source.json');
  if (!existsSync(file)) return undefined;
  const { source } = record.parse(JSON.parse(readFileSync(file, 'utf8')));
  return existsSync(source) ? source : undefined;
};

/** A client of the development Vault with the root token that its Compose file gives away; undefined where it does not run. */
const developmentVault = (source: Stack, runtime: Runtime): VaultClient | undefined => {
  const vault = findVault(source);
  const token = vault?.environment.get('VAULT_DEV_ROOT_TOKEN_ID')?.value;
  if (vault === undefined || token === undefined || token === null || token === '') return undefined;
  const endpoint = runtime.endpoint(vault.name, vaultKind.ports['api'] ?? 8200);
  return endpoint === undefined
    ? undefined
    : createVaultClient({
        address: `http://127.0.0.1:${endpoint.port}`,
        plaintext: true,
        token: new Secret(token),
      });
};

const volumesOf = (stack: Stack): ReadonlySet<string> =>
  new Set(
    activeServices(stack).flatMap(({ mounts }) =>
      mounts.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : [])),
    ),
  );

/**
 * Finds the development posture that runs where a hardened copy was made from: entries of its Vault are taken over while it
 * still answers; then it is stopped, and the data of its volumes is moved to the copy.
 */
export const takeOver = async (stack: Stack, context: JobContext): Promise<Predecessor> => {
  const directory = sourceOf(stack);
  if (directory === undefined || !wasStarted(directory)) return nothing;
  const source = await openProject({ directory }, context);
  const runtime = openProcessRuntime(source, context);
  const migrate = developmentVault(source, runtime);
  return {
    options: {
      ...(migrate === undefined ? {} : { migrate }),
      beforeServices: async () => {
        await runtime.down(context);
        const here = volumesOf(stack);
        const moved = await adoptVolumes(
          runtimeDirectoryOf(directory),
          runtimeDirectoryOf(stack.directory),
          [...volumesOf(source)].filter((volume) => here.has(volume)),
        );
        if (moved.length > 0) context.progress(`data taken over from the development posture: ${moved.join(', ')}`);
      },
    },
    close: async () => {
      await migrate?.close();
    },
  };
};
