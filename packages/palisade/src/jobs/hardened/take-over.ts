import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Kv2Entry, type VaultClient, createVaultClient } from '@palisade/vault';
import { z } from 'zod';
import type { Runtime } from '../../contracts/runtime.ts';
import type { Stack } from '../../contracts/stack.ts';
import { activeServices } from '../../model/index.ts';
import { copyVolumes } from '../../runtime/compose/volumes.ts';
import { adoptVolumes } from '../../runtime/process/adopt.ts';
import type { FormerEntries } from '../../services/vault/bootstrap/index.ts';
import { kind as vaultKind } from '../../services/vault/index.ts';
import { Secret } from '../../support/secret.ts';
import type { JobContext } from '../context.ts';
import {
  type RuntimeChoice,
  openComposeRuntime,
  openProcessRuntime,
  runtimeDirectoryOf,
  startedOn,
  stateDirectoryOf,
} from '../open-runtime.ts';
import { openProject } from '../project.ts';
import type { BringUpOptions } from './bring-up.ts';
import { secretsOf } from './goal.ts';
import { findVault } from './vault-access.ts';

/** What a hardened stack takes over from the development posture that it was copied from. */
export interface Predecessor {
  readonly options: Pick<BringUpOptions, 'migrate' | 'beforeServices'>;
  /** Where it ran; undefined where there was none. */
  readonly startedOn?: RuntimeChoice;
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
        address: `http://${endpoint.host}:${endpoint.port}`,
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

/** Names of the volumes that both postures have. */
const sharedVolumes = (source: Stack, stack: Stack): readonly string[] => {
  const here = volumesOf(stack);
  return [...volumesOf(source)].filter((volume) => here.has(volume));
};

/** Reads what the hardened stack takes over, for a Vault in memory that has to make room before its successor runs. */
const readEntries = async (
  client: VaultClient,
  paths: readonly string[],
  context: JobContext,
): Promise<FormerEntries> => {
  const entries = new Map<string, Kv2Entry | undefined>();
  for (const path of paths) entries.set(path, await client.kv2().read(path, { signal: context.signal }));
  return { kv2: () => ({ read: (path) => Promise.resolve(entries.get(path)) }) };
};

/**
 * Two postures of a project are the same containers to an engine, with the same ports and, where the project has a name,
 * the same volumes. So what is taken over is read first, then the development posture is stopped.
 */
const takeOverContainers = async (stack: Stack, source: Stack, context: JobContext): Promise<Predecessor> => {
  const runtime = openComposeRuntime(source, context);
  const client = developmentVault(source, runtime);
  try {
    const migrate =
      client === undefined
        ? undefined
        : await readEntries(
            client,
            secretsOf(stack).map(({ path }) => path),
            context,
          );
    await runtime.down(context);
    const copied = await copyVolumes(runtime.host, stack, sharedVolumes(source, stack), context.signal);
    if (copied.length > 0) context.progress(`data taken over from the development posture: ${copied.join(', ')}`);
    return { startedOn: 'compose', options: migrate === undefined ? {} : { migrate }, close: () => Promise.resolve() };
  } finally {
    await client?.close();
  }
};

/**
 * Finds the development posture that runs where a hardened copy was made from: entries of its Vault are taken over while it
 * still answers; then it is stopped, and the data of its volumes is moved to the copy.
 */
export const takeOver = async (stack: Stack, context: JobContext): Promise<Predecessor> => {
  const directory = sourceOf(stack);
  const started = directory === undefined ? undefined : startedOn(directory);
  if (directory === undefined || started === undefined) return nothing;
  const source = await openProject({ directory }, context);
  if (started === 'compose') return takeOverContainers(stack, source, context);
  const runtime = openProcessRuntime(source, context);
  const migrate = developmentVault(source, runtime);
  return {
    startedOn: 'process',
    options: {
      ...(migrate === undefined ? {} : { migrate }),
      beforeServices: async () => {
        await runtime.down(context);
        const moved = await adoptVolumes(
          runtimeDirectoryOf(directory),
          runtimeDirectoryOf(stack.directory),
          sharedVolumes(source, stack),
        );
        if (moved.length > 0) context.progress(`data taken over from the development posture: ${moved.join(', ')}`);
      },
    },
    close: async () => {
      await migrate?.close();
    },
  };
};
