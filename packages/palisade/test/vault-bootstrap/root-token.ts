import assert from 'node:assert/strict';
import { type Secret, type VaultClient, decodeRootToken } from '@palisade/vault';

/** Makes a root token of the shares, as their holders can together with a client that may ask for it. */
export const makeRootToken = async (client: VaultClient, shares: readonly Secret[]): Promise<Secret> => {
  const { generateRoot } = client.sys;
  const { nonce, oneTimePassword } = await generateRoot.start();
  for (const share of shares) {
    const { encodedToken } = await generateRoot.provide(share, nonce);
    if (encodedToken !== undefined) return decodeRootToken(encodedToken, oneTimePassword);
  }
  return assert.fail('the shares make no root token');
};
