import { type Kv2, isVaultError } from '@palisade/vault';
import type { Secret } from '@palisade/vault/secret';

/** Where the signing keys are kept, as one text; shared by all instances. */
export interface KeyStore {
  /** `undefined` where there are none yet. */
  readonly read: () => Promise<{ readonly keys: Secret; readonly version: number } | undefined>;
  /** Writes where `expectedVersion` is the current one, 0 where there may be none; false where somebody was faster. */
  readonly write: (keys: Secret, expectedVersion: number) => Promise<boolean>;
}

/** Keeps them in one entry of a KV version 2 mount, with check-and-set; `path` as in `reference-api/signing-keys`. */
export const vaultKeyStore = (kv: Pick<Kv2, 'read' | 'write'>, path: string): KeyStore => ({
  read: async () => {
    const entry = await kv.read(path);
    const keys = entry?.fields.get('keys');
    return entry === undefined || keys === undefined ? undefined : { keys, version: entry.version };
  },
  write: async (keys, expectedVersion) => {
    try {
      await kv.write(path, { keys }, { checkAndSet: expectedVersion });
      return true;
    } catch (error) {
      if (isVaultError(error, 'vault/check-and-set-mismatch')) return false;
      throw error;
    }
  },
});
