import { createPublicKey } from 'node:crypto';
import * as z from 'zod';
import { type Issuance, keys, privatePem } from '../../../../packages/fastify-guard/test/tokens.ts';
import { parseConfiguration } from '../../src/configuration/parse.ts';
import { openWithAppRole } from '../../src/vault/vault.ts';

const keySet = z.object({
  keys: z.array(z.object({ jwk: z.object({ kid: z.string() }).loose() })).min(1),
});

/** Issues tokens with the key of the API's own authorization server, as somebody could who stole its login at Vault. */
export const stealKeys = async (environment: Readonly<Record<string, string>>): Promise<Issuance> => {
  const configuration = parseConfiguration(environment);
  if (configuration.posture !== 'hardened' || configuration.issuer.kind !== 'own')
    throw new Error('the API has no keys of its own');
  const vault = await openWithAppRole(configuration, () => undefined);
  try {
    const entry = await vault.entries.read(configuration.issuer.keysPath);
    const [first] = keySet.parse(JSON.parse(entry?.fields.get('keys')?.reveal() ?? '')).keys;
    if (first === undefined) throw new Error('there is no key');
    const privateKey = privatePem(first.jwk);
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const { origin } = configuration;
    return { issuer: origin, audience: origin, kid: first.jwk.kid, keys: { ...keys, p256: { privateKey, publicKey } } };
  } finally {
    await vault.close();
  }
};
