import { type CallOptions, type VaultClient, decodeRootToken, isVaultError } from '@palisade/vault';
import type { Secret } from '../../../support/secret.ts';
import { error } from './errors.ts';
import type { KeyStore } from './key-store.ts';

/** Who acts at the server. */
export interface Authority {
  /**
   * Runs as the root token where one is there, otherwise as the operator; and again with a root token where the operator
   * is refused, as it is for what the goal has new. What is run has to bear that.
   */
  readonly asNeeded: <T>(run: (client: VaultClient) => Promise<T>) => Promise<T>;
  /** The root token; makes one from the shares where there is none, which takes the identity. */
  readonly root: () => Promise<VaultClient>;
  /** The root token that is there; undefined where there is none any more. */
  readonly heldRoot: () => Promise<Secret | undefined>;
  /** Forgets the root token after it was revoked. */
  readonly forgetRoot: () => Promise<void>;
  /** Ends the operator's token. */
  readonly close: () => Promise<void>;
}

/** What an authority is made of. */
export interface AuthorityContext {
  /** Without a token; another one after the trust was switched. */
  readonly client: () => VaultClient;
  readonly store: KeyStore;
  readonly identity: Secret | undefined;
  /** The root token of a server that was just initialised. */
  readonly freshRoot: Secret | undefined;
  readonly progress: (line: string) => void;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

/** Finds the rights for each step; asks for no more than the step needs. */
export const createAuthority = (context: AuthorityContext): Authority => {
  const { client, store, identity, progress, call } = context;
  let root: Secret | undefined = context.freshRoot;
  let operator: Secret | undefined;

  const alive = async (token: Secret): Promise<boolean> => {
    try {
      await client().withToken(token).token.lookupSelf(call);
      return true;
    } catch (thrown) {
      if (isVaultError(thrown, 'vault/permission-denied')) return false;
      throw thrown;
    }
  };
  const heldRoot = async (): Promise<Secret | undefined> => {
    if (root !== undefined) return root;
    if (!(await store.hasRootToken())) return undefined;
    if (identity === undefined)
      throw error('vault-bootstrap/identity-needed', { purpose: 'to go on with what an earlier run left unfinished' });
    const token = await store.rootToken(identity);
    if (token !== undefined && (await alive(token))) root = token;
    else await store.deleteRootToken();
    return root;
  };
  const asOperator = async (): Promise<VaultClient> => {
    if (operator === undefined) {
      const credential = await store.operator();
      if (credential === undefined) throw error('vault-bootstrap/operator-lost', { why: 'operator.json is not there' });
      try {
        operator = (await client().approle().login(credential.roleId, credential.secretId, call)).token;
      } catch (thrown) {
        if (isVaultError(thrown, 'vault/invalid-credentials'))
          throw error('vault-bootstrap/operator-lost', { why: thrown.message }, thrown);
        throw thrown;
      }
    }
    return client().withToken(operator);
  };
  const regain = async (): Promise<Secret> => {
    if (identity === undefined)
      throw error('vault-bootstrap/identity-needed', {
        purpose: 'to make a root token from the shares, as the operator may not do what is left to do',
      });
    progress('making a root token from the shares');
    const shares = await store.shares(identity);
    const token = await generateRootToken(await asOperator(), shares, call);
    await store.writeRootToken(token);
    return token;
  };
  const asRoot = async (): Promise<VaultClient> => {
    root = (await heldRoot()) ?? (await regain());
    return client().withToken(root);
  };
  return {
    heldRoot,
    asNeeded: async (run) => {
      const token = await heldRoot();
      if (token !== undefined) return run(client().withToken(token));
      try {
        return await run(await asOperator());
      } catch (thrown) {
        if (!isVaultError(thrown, 'vault/permission-denied')) throw thrown;
        return run(await asRoot());
      }
    },
    root: asRoot,
    forgetRoot: async () => {
      root = undefined;
      await store.deleteRootToken();
    },
    close: async () => {
      if (operator !== undefined)
        await client()
          .withToken(operator)
          .token.revokeSelf({ timeout: 2_000 })
          .catch(() => undefined);
      operator = undefined;
    },
  };
};

/**
 * Makes a root token from a threshold of shares. An attempt that is under way is cancelled: it can only be that of a run
 * that was killed, or of somebody who can begin again.
 */
const generateRootToken = async (
  client: VaultClient,
  shares: readonly Secret[],
  call: CallOptions,
): Promise<Secret> => {
  const { generateRoot } = client.sys;
  if ((await generateRoot.status(call)).started) await generateRoot.cancel(call);
  const { nonce, oneTimePassword } = await generateRoot.start(call);
  for (const share of shares) {
    const { encodedToken } = await generateRoot.provide(share, nonce, call);
    if (encodedToken !== undefined) return decodeRootToken(encodedToken, oneTimePassword);
  }
  throw error('vault-bootstrap/unseal-refused', { address: client.address });
};
