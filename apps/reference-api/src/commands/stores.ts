import { dirname, join } from 'node:path';
import { userInfo } from 'node:os';
import type { AuditEvent, AuditLog } from '@palisade/audit';
import type { HardenedConfiguration, OwnIssuer } from '../configuration/configuration.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { StartError, messageOf } from '../errors.ts';
import { openAudit } from '../start/audit.ts';
import { atStart } from '../start/opening.ts';
import { readCertificates } from '../tls/certificates.ts';
import { type Vault, openWithAppRole } from '../vault/vault.ts';

/** What commands work on: the same Vault and database as the service that runs, and an audit log beside its own. */
export interface Stores {
  readonly issuer: OwnIssuer;
  readonly vault: Vault;
  readonly database: Database;
  /** Does something that has to be recorded, and does it only where it can be. */
  readonly recorded: <Result>(event: AuditEvent, act: () => Promise<Result>) => Promise<Result>;
}

/** One process writes an audit log, and the service writes its own; `palisade audit verify` reads both together. */
export const auditDirectoryOf = ({ auditDirectory }: HardenedConfiguration): string =>
  join(dirname(auditDirectory), 'audit-commands');

const whoAsks = (): NonNullable<AuditEvent['actor']> => {
  const uid = String(process.getuid?.() ?? '');
  try {
    return { uid, name: userInfo().username, type: 'operator' };
  } catch {
    // A container may run as a number that has no name.
    return { uid, type: 'operator' };
  }
};

const recorder =
  (log: AuditLog): Stores['recorded'] =>
  async (event, act) => {
    const asked = { ...event, actor: whoAsks() };
    try {
      await log.append({ ...asked, outcome: 'unknown', details: { ...event.details, phase: 'intent' } });
    } catch (error) {
      throw new StartError('audit/unusable', `nothing was done, as it cannot be recorded: ${messageOf(error)}`, error);
    }
    let done = false;
    try {
      const result = await act();
      done = true;
      return result;
    } finally {
      await log.append({
        ...asked,
        outcome: done ? 'success' : 'failure',
        details: { ...event.details, phase: 'outcome' },
      });
    }
  };

/** Opens what a command needs and closes it after `work`. @throws StartError */
export const withStores = async <Result>(
  configuration: HardenedConfiguration,
  issuer: OwnIssuer,
  unsigned: (error: unknown) => void,
  work: (stores: Stores) => Promise<Result>,
): Promise<Result> => {
  await using opening = new AsyncDisposableStack();
  const vault = opening.adopt(await openWithAppRole(configuration, () => undefined), ({ close }) => close());
  const log = await openAudit(auditDirectoryOf(configuration), configuration, vault, unsigned);
  opening.defer(() => log.close());
  const tls = await readCertificates(configuration.clientCertificates);
  const database = opening.adopt(
    await atStart('the database', () =>
      openDatabase(
        { read: async (signal) => ({ ...(await vault.readLogin(configuration.database, signal)), tls }) },
        () => undefined,
        { pooled: configuration.databasePooled },
      ),
    ),
    ({ close }) => close(),
  );
  // Awaited, so that nothing is closed before it is done.
  return await work({ issuer, vault, database, recorded: recorder(log) });
};
