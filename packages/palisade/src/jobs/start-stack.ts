import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Runtime, ServiceStatus } from '../contracts/runtime.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { activeServices } from '../model/index.ts';
import { listenerAuthorities, unsealVault } from '../services/vault/bootstrap/index.ts';
import type { JobContext } from './context.ts';
import { error } from './errors.ts';
import { certificatesOf } from './hardened/goal.ts';
import { connectToVault, findVault, listenerDirectoryOf, vaultStateOf } from './hardened/vault-access.ts';
import { readIdentity } from './identity.ts';
import { type RuntimeOptions, openOwnRuntime } from './open-runtime.ts';

/** The services and all that they call or wait for. */
const withWhatTheyNeed = (stack: Stack, services: readonly string[]): readonly string[] => {
  const found = new Set(services);
  // A set grows while it is walked, so what a needed service needs is looked up as well.
  for (const name of found) {
    for (const { from, to } of stack.edges) if (from === name && stack.services.get(to)?.active === true) found.add(to);
    for (const needed of stack.services.get(name)?.dependsOn.keys() ?? [])
      if (stack.services.get(needed)?.active === true) found.add(needed);
  }
  return [...found];
};

/**
 * Unseals a Vault that runs and was bootstrapped; does nothing for one that never was.
 *
 * @throws `vault-bootstrap/identity-needed` where it is sealed and nobody gave an identity
 */
export const unsealIfBootstrapped = async (
  runtime: Runtime,
  vault: Service,
  options: { readonly identity?: string | undefined },
  context: JobContext,
): Promise<void> => {
  const { stack } = runtime;
  if (!wasBootstrapped(stack)) return;
  const { signal, progress, clock } = context;
  const authorities = await listenerAuthorities(listenerDirectoryOf(stack, vault));
  const client = connectToVault(runtime, vault, context, authorities === '' ? undefined : authorities);
  try {
    const identity = await readIdentity(options.identity);
    const outcome = await unsealVault({
      client,
      stateDirectory: vaultStateOf(stack),
      ...(identity === undefined ? {} : { identity }),
      signal,
      clock,
    });
    if (outcome === 'done') progress(`${vault.name}: unsealed`);
  } finally {
    await client.close();
  }
};

const wasBootstrapped = (stack: Stack): boolean => existsSync(join(vaultStateOf(stack), 'custody.json'));

/**
 * Services that mount certificates which the bootstrap issues and has not issued. They could not start, and what runs in an
 * earlier posture would have been stopped for them.
 */
const withoutCertificates = (stack: Stack): readonly string[] => {
  const missing = certificatesOf(stack)
    .map(({ directory }) => join(stack.directory, directory))
    .filter((directory) => !existsSync(join(directory, 'cert.pem')));
  return activeServices(stack)
    .filter(({ mounts }) => mounts.some(({ type, source }) => type === 'bind' && missing.includes(source ?? '')))
    .map(({ name }) => name);
};

/**
 * Starts a stack where it is to run. A Vault that was bootstrapped is unsealed before anything that needs it starts.
 *
 * @throws `vault-bootstrap/identity-needed` where it is sealed and nobody gave an identity; `job/not-bootstrapped` where its
 * services need certificates that only a bootstrap makes
 */
export const startStack = async (
  stack: Stack,
  options: RuntimeOptions & { readonly only?: readonly string[] | undefined; readonly identity?: string | undefined },
  context: JobContext,
): Promise<readonly ServiceStatus[]> => {
  const { signal, progress } = context;
  const runtime = openOwnRuntime(stack, context, options);
  const vault = findVault(stack);
  const waiting = vault === undefined || wasBootstrapped(stack) ? [] : withoutCertificates(stack);
  if (waiting.length > 0)
    throw error('job/not-bootstrapped', { services: waiting, directory: relative('', stack.directory) || '.' });
  if (vault !== undefined && wasBootstrapped(stack)) {
    await runtime.up({ only: [vault.name], signal, progress });
    await unsealIfBootstrapped(runtime, vault, options, context);
  }
  return runtime.up({
    ...(options.only === undefined ? {} : { only: withWhatTheyNeed(stack, options.only) }),
    signal,
    progress,
  });
};
