import { readFile } from 'node:fs/promises';
import type { VaultClient } from '@palisade/vault';
import { type Clock, systemClock } from '../../../support/clock.ts';
import { isFileSystemError, writeFileAtomically } from '../../../support/files.ts';
import type { Secret } from '../../../support/secret.ts';
import { accessOf, appRoles, policies } from './access.ts';
import { auditDevices } from './audit-devices.ts';
import { type Authority, createAuthority } from './authority.ts';
import { deliveries } from './deliveries.ts';
import { authorities, keyValueStore } from './engines.ts';
import { error } from './errors.ts';
import { inStep } from './in-step.ts';
import { initialise } from './initialise.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { type Listener, listenerAuthorities, renewListener } from './listener.ts';
import { operatorLogin } from './operator.ts';
import { pkiRoles } from './pki-roles.ts';
import { exactName } from './policy.ts';
import { revokeRoot } from './revoke-root.ts';
import { managedSecrets } from './secrets.ts';
import { signingKeys } from './signing-keys.ts';
import type { BootstrapGoal, DeliveredCredential, FormerEntries, Step, StepContext } from './step.ts';
import { unseal } from './unseal.ts';

/** Everything that the bootstrap of a server takes. */
export interface BootstrapOptions {
  /** A client without a token that trusts these authorities (PEM), or what the caller knows where none are given. */
  readonly connect: (authorities: string | undefined) => VaultClient;
  /** The server's own certificate; left alone where absent. */
  readonly listener?: Listener;
  /** Gets the certificate of the root authority, for those who have to trust it. */
  readonly authorityFile?: string;
  /** Gets the public halves of the keys that services have things signed by, as `<key>-<version>.pem`. */
  readonly publicKeyDirectory?: string;
  readonly stateDirectory: string;
  /** age recipients of the shares; where there are none, that of the identity; without one, a demo identity is made. */
  readonly recipients: readonly string[];
  /** age identity of one recipient; needed to go on after a kill, and for what only a root token may do. */
  readonly identity?: Secret;
  readonly shares: number;
  readonly threshold: number;
  readonly goal: BootstrapGoal;
  /** A client of the development server, with a token; or what was read from it. */
  readonly migrate?: FormerEntries;
  /** What lies at the service now. */
  readonly delivered: (service: string) => Promise<DeliveredCredential | undefined>;
  /** Puts role-id and secret-id where the service reads them; done when it resolves. */
  readonly deliver: (service: string, roleId: string, secretId: Secret) => Promise<void>;
  /** Stops the server, moves its data away, starts it again: it was initialised, and its keys were lost at once. */
  readonly setAside: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
  /** As many random bytes as asked for. */
  readonly random: (bytes: number) => Uint8Array;
  readonly clock?: Clock;
}

/** What a run found and did. */
export interface BootstrapReport {
  readonly steps: readonly { readonly step: string; readonly outcome: 'unchanged' | 'done' }[];
}

/** In this order: each may need what those before it made. */
const stepsBeforeListener: readonly Step[] = [auditDevices, keyValueStore, authorities, pkiRoles, signingKeys];
const stepsAfterListener: readonly Step[] = [policies, appRoles, managedSecrets, operatorLogin, deliveries];

/** Rounds of one step; each one has to leave less to do than the one before. */
const longestStep = 6;

/**
 * Runs the tasks of a step until it finds nothing missing; true where there were any.
 *
 * @throws `vault-bootstrap/not-verified` where the server does not show what was done.
 */
const complete = async (
  step: Step,
  context: StepContext,
  authority: Authority,
  progress: (line: string) => void,
): Promise<boolean> => {
  for (let round = 0; ; round++) {
    const tasks = await authority.asNeeded((client) => step.missing(context, client));
    if (tasks.length === 0) return round > 0;
    if (round === longestStep)
      throw error('vault-bootstrap/not-verified', { step: step.name, tasks: tasks.map((task) => task.title) });
    for (const task of tasks) {
      progress(`${step.name}: ${task.title}`);
      if (task.by === 'root') await task.run(await authority.root());
      else await authority.asNeeded(task.run);
    }
  }
};

/**
 * Turns an empty server that runs with its production configuration into the hardened one: keys in custody, audit, KV,
 * PKI, tight roles, exact policies, AppRole for every service and for the operator, secrets, deliveries, and no root
 * token. The server's own state is the truth: a run that was killed is finished by the next one, and where nothing is
 * missing nothing is written. Later runs need the operator's login alone, until something asks for a root token.
 *
 * @throws PalisadeError `vault-bootstrap/…`
 */
export const bootstrapVault = async (options: BootstrapOptions): Promise<BootstrapReport> => {
  const { goal, listener, progress, signal, clock = systemClock } = options;
  // What the goal itself has wrong is said before the server is touched.
  accessOf(goal);
  for (const certificate of goal.certificates) exactName('PKI role', certificate.role);
  const store = await openKeyStore(options.stateDirectory);
  const trust = async (): Promise<string | undefined> =>
    listener === undefined ? undefined : (await listenerAuthorities(listener.directory)) || undefined;
  let client = options.connect(await trust());
  const call = { signal };
  const steps: { readonly step: string; readonly outcome: 'unchanged' | 'done' }[] = [];
  const run = async (step: string, act: () => Promise<boolean>): Promise<void> => {
    const outcome = (await inStep(step, act)) ? 'done' : 'unchanged';
    steps.push({ step, outcome });
    progress(`${step}: ${outcome}`);
  };

  const identity = async (): Promise<Secret | undefined> => options.identity ?? (await store.demoIdentity());
  let authority: Authority | undefined;
  try {
    const { recipients, shares, threshold, setAside } = options;
    const fresh = await inStep('initialisation', () =>
      initialise({
        client: () => client,
        store,
        recipients,
        identity: options.identity,
        shares,
        threshold,
        setAside,
        progress,
        clock,
        call,
      }),
    );
    await run('initialisation', async () => fresh !== undefined);
    await run('unsealing', () =>
      unseal({ client, clock, call, shares: async () => fresh?.shares ?? sharesOf(store, await identity()) }),
    );
    const acting = createAuthority({
      client: () => client,
      store,
      identity: await identity(),
      freshRoot: fresh?.rootToken,
      progress,
      call,
    });
    authority = acting;
    const context: StepContext = {
      goal,
      store,
      migrate: options.migrate,
      delivered: options.delivered,
      deliver: options.deliver,
      publicKeyDirectory: options.publicKeyDirectory,
      clock,
      random: options.random,
      call,
    };
    for (const step of stepsBeforeListener) await run(step.name, () => complete(step, context, acting, progress));
    if (listener !== undefined) {
      await run('listener', () => acting.asNeeded((permitted) => renewListener(permitted, listener, { clock, call })));
      // From here on the root of the PKI is trusted, and the stand-in no more.
      const earlier = client;
      client = options.connect(await trust());
      await earlier.close();
    }
    const { authorityFile } = options;
    if (authorityFile !== undefined) await run('authority file', () => publishAuthority(client, authorityFile, call));
    for (const step of stepsAfterListener) await run(step.name, () => complete(step, context, acting, progress));
    await run('root token', () => revokeRoot(acting, () => client, call));
    return { steps };
  } finally {
    await authority?.close();
    await client.close();
  }
};

const sharesOf = (store: KeyStore, identity: Secret | undefined): Promise<readonly Secret[]> => {
  if (identity === undefined) throw error('vault-bootstrap/identity-needed', { purpose: 'to unseal the server' });
  return store.shares(identity);
};

const publishAuthority = async (
  client: VaultClient,
  path: string,
  call: { readonly signal: AbortSignal },
): Promise<boolean> => {
  const certificate = (await client.pki('pki').caChain(call)) ?? '';
  const content = `${certificate.trim()}\n`;
  const found = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  });
  if (found === content) return false;
  await writeFileAtomically(path, content, { mode: 0o644 });
  return true;
};

/** What an unsealing of a server after a restart takes. */
export interface UnsealOptions {
  /** A client without a token. */
  readonly client: VaultClient;
  readonly stateDirectory: string;
  /** age identity of one recipient; the demo identity where absent. */
  readonly identity?: Secret;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Unseals a server with the shares of the state directory; does nothing where it is not sealed.
 *
 * @throws `vault-bootstrap/identity-needed`, `vault-bootstrap/identity-wrong`, `vault-bootstrap/unseal-refused`
 */
export const unsealVault = async (options: UnsealOptions): Promise<'unchanged' | 'done'> => {
  const { client, signal, clock = systemClock } = options;
  const store = await openKeyStore(options.stateDirectory);
  const shares = async (): Promise<readonly Secret[]> =>
    sharesOf(store, options.identity ?? (await store.demoIdentity()));
  return inStep('unsealing', async () =>
    (await unseal({ client, shares, clock, call: { signal } })) ? 'done' : 'unchanged',
  );
};
