import { type AuditLog, createTransitSigner, openAuditLog } from '@palisade/audit';
import type { HardenedConfiguration } from '../configuration/configuration.ts';
import { StartError, messageOf } from '../errors.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Opens an audit log, whose checkpoints Vault signs where a key is named. `failed` is told where it did not: the log is
 * written all the same, and the next checkpoint covers what the missing one would have.
 *
 * @throws StartError `audit/unusable`
 */
export const openAudit = async (
  directory: string,
  { auditSigningKey: key }: Pick<HardenedConfiguration, 'auditSigningKey'>,
  vault: Vault,
  failed: (error: unknown) => void,
): Promise<AuditLog> => {
  try {
    return await openAuditLog({
      directory,
      product: 'reference-api',
      patience: 10_000,
      ...(key === undefined ? {} : { checkpoints: { signer: createTransitSigner(vault, key), failed } }),
    });
  } catch (error) {
    throw new StartError('audit/unusable', `the audit log in ${directory}: ${messageOf(error)}`, error);
  }
};
