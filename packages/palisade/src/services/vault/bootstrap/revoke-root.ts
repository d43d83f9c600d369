import { type CallOptions, type VaultClient, isVaultError } from '@palisade/vault';
import type { Authority } from './authority.ts';
import { error } from './errors.ts';

/**
 * Ends every root token: first those that nobody holds any more (a killed run can leave one), then the one in hand, which
 * is proven dead before its file goes. True where there was one.
 *
 * @throws `vault-bootstrap/root-token-alive`
 */
export const revokeRoot = async (
  authority: Authority,
  client: () => VaultClient,
  call: CallOptions,
): Promise<boolean> => {
  const token = await authority.heldRoot();
  if (token === undefined) return false;
  const root = client().withToken(token);
  const own = (await root.token.lookupSelf(call)).accessor;
  for (const accessor of await root.token.accessors(call)) {
    if (accessor === own) continue;
    const policies = await policiesOf(root, accessor, call);
    if (policies.includes('root')) await root.token.revokeAccessor(accessor, call);
  }
  await root.token.revokeSelf(call);
  const dead = await root.token.lookupSelf(call).then(
    () => false,
    (thrown: unknown) => {
      if (isVaultError(thrown, 'vault/permission-denied')) return true;
      throw thrown;
    },
  );
  if (!dead) throw error('vault-bootstrap/root-token-alive', { file: 'root-token.age' });
  await authority.forgetRoot();
  return true;
};

/** Empty for a token that has ended in the meantime. */
const policiesOf = async (root: VaultClient, accessor: string, call: CallOptions): Promise<readonly string[]> => {
  try {
    return (await root.token.lookupAccessor(accessor, call)).policies;
  } catch (thrown) {
    if (isVaultError(thrown, 'vault/permission-denied', 'vault/not-found', 'vault/invalid-request')) return [];
    throw thrown;
  }
};
