import type { Mount, VaultClient } from '@palisade/vault';
import { retry } from '../../../support/retry.ts';
import { error } from './errors.ts';
import type { Step, Task } from './step.ts';

const day = 86_400;
const rootTtl = 3_650 * day;
const intermediateTtl = 730 * day;

/** A mount that has to be there; more than that of a mount is nobody's business here. */
export const mountTask = (
  mounts: ReadonlyMap<string, Mount>,
  path: string,
  type: string,
  run: (root: VaultClient) => Promise<void>,
): readonly Task[] => {
  const found = mounts.get(`${path}/`);
  if (found === undefined) return [{ title: `mount ${type} at ${path}`, by: 'root', run }];
  if (found.type !== type) throw error('vault-bootstrap/mount-taken', { path, type: found.type });
  return [];
};

/** KV version 2 at `secret`. */
export const keyValueStore: Step = {
  name: 'key-value store',
  missing: async ({ call }, client) => {
    const mounts = await client.sys.mounts(call);
    const found = mounts.get('secret/');
    if (found?.type === 'kv' && found.options.get('version') !== '2')
      throw error('vault-bootstrap/mount-taken', { path: 'secret', type: 'kv version 1' });
    return mountTask(mounts, 'secret', 'kv', async (root) => {
      await root.sys.enableMount('secret', { type: 'kv', options: { version: '2' } }, call);
      // For a moment after the mount, the server refuses requests with 400 while it sets version 2 up.
      await retry((signal) => root.kv2().list('', { signal }), { within: 20_000, signal: call.signal });
    });
  },
};

/** A root at `pki` (10 years) and an intermediate at `pki_int` (2 years), whose keys never leave the server. */
export const authorities: Step = {
  name: 'certificate authorities',
  missing: async ({ call }, client) => {
    const mounts = await client.sys.mounts(call);
    const missingMounts = (['pki', 'pki_int'] as const).flatMap((path) =>
      mountTask(mounts, path, 'pki', (root) =>
        root.sys.enableMount(path, { type: 'pki', maxLeaseTtl: path === 'pki' ? rootTtl : intermediateTtl }, call),
      ),
    );
    if (missingMounts.length > 0) return missingMounts;
    const tuning = (
      [
        ['pki', rootTtl],
        ['pki_int', intermediateTtl],
      ] as const
    ).filter(([path, ttl]) => mounts.get(`${path}/`)?.maxLeaseTtl !== ttl);
    if (tuning.length > 0)
      return tuning.map(([path, ttl]) => ({
        title: `set the longest life of ${path}`,
        by: 'root',
        run: (root) => root.sys.tuneMount(path, { maxLeaseTtl: ttl }, call),
      }));
    if ((await client.pki('pki').listIssuers(call)).length === 0)
      return [
        {
          title: 'make the root authority',
          by: 'root',
          run: async (root) => {
            await root.pki('pki').generateRoot({ commonName: 'Palisade root', ttl: rootTtl, issuerName: 'root' }, call);
          },
        },
      ];
    if ((await client.pki('pki_int').caChain(call)) === undefined)
      return [{ title: 'make the intermediate authority', by: 'root', run: (root) => makeIntermediate(root, call) }];
    return [];
  },
};

/** A key that an earlier, killed run has left in the mount signs nothing, as no issuer belongs to it. */
const makeIntermediate = async (root: VaultClient, call: { readonly signal: AbortSignal }): Promise<void> => {
  const [upper, lower] = [root.pki('pki'), root.pki('pki_int')];
  const commonName = 'Palisade intermediate';
  const request = await lower.generateIntermediate({ commonName }, call);
  // A day less than the mount allows, so that a leaf of the last moment still fits.
  const signed = await upper.signIntermediate(request, { commonName, ttl: intermediateTtl - day }, call);
  const issuers = await lower.setSigned(
    [signed.certificate, ...signed.chain].map((one) => one.trim()).join('\n'),
    call,
  );
  for (const id of issuers)
    if ((await lower.readIssuer(id, call))?.hasKey === true) await lower.setDefaultIssuer(id, call);
};
