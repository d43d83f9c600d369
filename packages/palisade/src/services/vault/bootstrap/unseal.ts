import type { CallOptions, VaultClient } from '@palisade/vault';
import type { Clock } from '../../../support/clock.ts';
import type { Secret } from '../../../support/secret.ts';
import { error } from './errors.ts';

/** Milliseconds for a server to become active after it was unsealed: a raft server elects itself first. */
const activationBound = 60_000;

/** What an unsealing works with. */
export interface UnsealContext {
  readonly client: VaultClient;
  /** Asked only where the server is sealed. */
  readonly shares: () => Promise<readonly Secret[]>;
  readonly clock: Clock;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

/**
 * Unseals a server that is sealed, and waits until it is active; true where it was sealed.
 *
 * @throws `vault-bootstrap/unseal-refused`, `vault-bootstrap/not-active`
 */
export const unseal = async ({ client, shares, clock, call }: UnsealContext): Promise<boolean> => {
  const before = await client.sys.sealStatus(call);
  if (before.sealed) {
    let sealed = true;
    for (const share of await shares()) {
      if (!sealed) break;
      ({ sealed } = await client.sys.unseal(share, call));
    }
    if (sealed) throw error('vault-bootstrap/unseal-refused', { address: client.address });
  }
  const deadline = clock.now() + activationBound;
  for (;;) {
    const { health } = await client.sys.health(call);
    if (health === 'active') return before.sealed;
    if (clock.now() > deadline) throw error('vault-bootstrap/not-active', { address: client.address, state: health });
    await clock.sleep(100, call.signal);
  }
};
