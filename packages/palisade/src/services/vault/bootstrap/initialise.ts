import type { CallOptions, VaultClient } from '@palisade/vault';
import type { Clock } from '../../../support/clock.ts';
import type { Secret } from '../../../support/secret.ts';
import { error } from './errors.ts';
import type { Custody, KeyStore } from './key-store.ts';
import { checkIdentity, checkRecipients, recipientOf } from './sealed-file.ts';

/** Milliseconds for a server to come back empty after its data was moved away. */
const setAsideBound = 60_000;

/** What an initialisation works with. */
export interface InitialiseContext {
  readonly client: () => VaultClient;
  readonly store: KeyStore;
  /** age recipients; where there are none, that of the identity, and without an identity that of a demo identity. */
  readonly recipients: readonly string[];
  /** The identity that later runs will be given; undefined where nobody gave one. */
  readonly identity: Secret | undefined;
  readonly shares: number;
  readonly threshold: number;
  /** Stops the server, moves its data away, starts it. */
  readonly setAside: () => Promise<void>;
  readonly progress: (line: string) => void;
  readonly clock: Clock;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

/** Keys that the server has just handed out; also recorded in the store. */
export interface FreshKeys {
  readonly shares: readonly Secret[];
  readonly rootToken: Secret;
}

/**
 * Initialises an empty server and records its keys, encrypted, before anything else happens. Undefined where the keys of
 * the server are in the store already.
 *
 * The server hands its keys out once. Where a run was killed between that and the record, nobody holds them, and nothing
 * can be in the server: its data is moved away and the initialisation begins again.
 *
 * @throws `vault-bootstrap/keys-unknown` where somebody else initialised it, `vault-bootstrap/not-set-aside`
 */
export const initialise = async (context: InitialiseContext): Promise<FreshKeys | undefined> => {
  const { client, store, progress, call } = context;
  const status = await client().sys.sealStatus(call);
  const recorded = (await store.custody()) !== undefined;
  if (status.initialized && recorded) {
    // Left by a run that was killed just after the record.
    if ((await store.intent()) !== undefined) await store.deleteIntent();
    return undefined;
  }
  if (status.initialized) {
    // A server that somebody has unsealed has keys that somebody holds, whatever the intent says.
    if ((await store.intent()) === undefined || !status.sealed)
      throw error('vault-bootstrap/keys-unknown', { directory: store.directory });
    progress('an earlier run was killed before it could record the keys; moving the empty data of the server away');
    await context.setAside();
    await waitUntilEmpty(context);
  }
  if (recorded && !status.initialized)
    // The keys of another life of this server: never overwritten, because its data may still be somewhere.
    throw error('vault-bootstrap/keys-unknown', { directory: store.directory });
  return begin(context);
};

const begin = async (context: InitialiseContext): Promise<FreshKeys> => {
  const { client, store, progress, call } = context;
  const custody = await chooseCustody(context);
  checkRecipients(custody.recipients);
  if (context.identity !== undefined) await checkIdentity(custody.recipients, context.identity);
  await store.writeIntent(custody);
  progress(`initialising with ${custody.shares} shares, ${custody.threshold} of which unseal`);
  const keys = await client().sys.init({ shares: custody.shares, threshold: custody.threshold }, call);
  await store.record(custody, keys);
  progress(
    `recorded the shares for ${custody.recipients.length} ${custody.recipients.length === 1 ? 'recipient' : 'recipients'}, encrypted`,
  );
  return keys;
};

const chooseCustody = async ({
  recipients,
  identity,
  shares,
  threshold,
  store,
  progress,
}: InitialiseContext): Promise<Custody> => {
  if (recipients.length > 0) return { recipients: [...recipients], shares, threshold };
  if (identity !== undefined) return { recipients: [await recipientOf(identity)], shares, threshold };
  const recipient = await store.makeDemoIdentity();
  progress('WARNING: nobody gave recipients for the unseal shares, so a demo identity was made.');
  progress(
    `WARNING: whoever reads ${store.directory} can unseal this server. Give age recipients in palisade.yaml for production.`,
  );
  return { recipients: [recipient], shares, threshold };
};

const waitUntilEmpty = async ({ client, clock, call }: InitialiseContext): Promise<void> => {
  const deadline = clock.now() + setAsideBound;
  for (;;) {
    const status = await client()
      .sys.sealStatus(call)
      .catch(() => undefined);
    if (status?.initialized === false) return;
    if (clock.now() > deadline) throw error('vault-bootstrap/not-set-aside', { address: client().address });
    await clock.sleep(100, call.signal);
  }
};
