import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { Stack } from '../../contracts/stack.ts';
import { activeServices } from '../../model/index.ts';
import {
  type BootstrapReport,
  type FormerEntries,
  bootstrapListenerCertificate,
  bootstrapVault,
  issueCertificate,
} from '../../services/vault/bootstrap/index.ts';
import type { Secret } from '../../support/secret.ts';
import type { JobContext } from '../context.ts';
import { plural } from '../../report/text.ts';
import { error } from '../errors.ts';
import { fileDelivery } from './delivery.ts';
import { bootstrapGoalOf, certificatesOf, statementsOf } from './goal.ts';
import { applyStatements } from './statements.ts';
import { connectToVault, listenerDirectoryOf, openOperatorSession, vaultOf, vaultStateOf } from './vault-access.ts';

/** Who holds the keys, and what is taken over from the development posture. */
export interface BringUpOptions {
  readonly recipients: readonly string[];
  readonly identity?: Secret;
  /** A client of the development Vault, with a token; or what was read from it. */
  readonly migrate?: FormerEntries;
  /** Called when Vault is ready and before anything else starts: the moment to take over data. */
  readonly beforeServices?: () => Promise<void>;
}

/** What a bring-up did. */
export interface BringUpReport {
  readonly bootstrap: BootstrapReport;
  /** Certificates that were issued, in this run. */
  readonly certificates: number;
  /** Statements that changed something in a database. */
  readonly statements: number;
  readonly services: readonly ServiceStatus[];
}

/**
 * From the files of a hardened stack to the running, hardened stack: Vault with its bootstrap, certificates, databases
 * with their statements, then the rest. Where all of that holds already nothing is changed; after a kill it goes on.
 */
export const bringUp = async (
  stack: Stack,
  runtime: Runtime,
  options: BringUpOptions,
  context: JobContext,
): Promise<BringUpReport> => {
  const giveBack = await runtime.reclaim?.(context.signal);
  try {
    return await bringUpOwned(stack, runtime, options, context);
  } finally {
    await giveBack?.();
  }
};

/** The same, with files that this process may read and replace. */
const bringUpOwned = async (
  stack: Stack,
  runtime: Runtime,
  options: BringUpOptions,
  context: JobContext,
): Promise<BringUpReport> => {
  const { signal, progress, clock } = context;
  const vault = vaultOf(stack);
  const listener = listenerDirectoryOf(stack, vault);
  const certificates = certificatesOf(stack);
  const listenerCertificate = certificates.find(({ service, usage }) => service === vault.name && usage === 'server');
  if (listenerCertificate === undefined) throw error('job/listener-not-managed', { service: vault.name });

  // Public, so that every service's account gets to its own directory below, which is closed to the others.
  await mkdir(join(stack.directory, 'certs', 'ca'), { recursive: true, mode: 0o755 });
  await bootstrapListenerCertificate(listener, listenerCertificate, { clock });
  await runtime.up({ only: [vault.name], signal, progress });
  // Networks, and so the addresses in them, are there once Vault runs.
  const goal = bootstrapGoalOf(stack, await runtime.callersOf?.(vault.name, signal));
  const bootstrap = await bootstrapVault({
    connect: (authorities) => connectToVault(runtime, vault, context, authorities),
    listener: { directory: listener, certificate: listenerCertificate, reload: () => runtime.reload(vault.name) },
    authorityFile: join(stack.directory, 'certs', 'ca', 'ca.pem'),
    publicKeyDirectory: join(stack.directory, 'certs', 'audit'),
    stateDirectory: vaultStateOf(stack),
    recipients: options.recipients,
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...stack.configuration.unseal,
    goal,
    ...(options.migrate === undefined ? {} : { migrate: options.migrate }),
    ...fileDelivery(stack.directory),
    setAside: async () => {
      await runtime.setAside(vault.name);
      await runtime.up({ only: [vault.name], signal, progress });
    },
    signal,
    progress,
    random: (bytes) => randomBytes(bytes),
    clock,
  });

  const operator = await openOperatorSession(stack, runtime, context);
  if (operator === undefined) throw error('job/vault-not-running', { service: vault.name });
  try {
    let issued = 0;
    for (const certificate of certificates) {
      if (certificate === listenerCertificate) continue;
      const { outcome } = await issueCertificate(
        operator.client,
        certificate,
        join(stack.directory, certificate.directory),
        { clock, call: { signal } },
      );
      if (outcome === 'done') issued++;
    }
    progress(`certificates: ${issued} issued`);
    await options.beforeServices?.();

    let statements = 0;
    const databases = activeServices(stack).filter((service) => statementsOf(stack, service).length > 0);
    for (const service of databases) {
      const [status] = (await runtime.up({ only: [service.name], signal, progress })).filter(
        (entry) => entry.service === service.name,
      );
      if (status?.state !== 'running') continue;
      const applied = await applyStatements(stack, service, runtime, operator, context);
      progress(`${service.name}: ${plural(applied, 'statement')} applied`);
      statements += applied;
    }
    const services = await runtime.up({ signal, progress });
    return { bootstrap, certificates: issued, statements, services };
  } finally {
    await operator.close();
  }
};
