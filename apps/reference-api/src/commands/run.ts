import type { AuditEvent } from '@palisade/audit';
import type { Secret } from '@palisade/vault/secret';
import type { Configuration } from '../configuration/configuration.ts';
import { StartError, messageOf } from '../errors.ts';
import { accessTokensOf } from '../oauth/access-tokens.ts';
import { clientsOf } from '../oauth/clients.ts';
import { OAuthError } from '../oauth/errors.ts';
import { openKeyRing } from '../oauth/keys/key-ring.ts';
import { vaultKeyStore } from '../oauth/keys/key-store.ts';
import { keyTimes } from '../oauth/lives.ts';
import { accountsOf } from '../oauth/people/accounts.ts';
import { attemptsOf } from '../oauth/people/attempts.ts';
import { createPasswords } from '../oauth/people/password.ts';
import { removeAccount, removeClient } from '../oauth/removal.ts';
import { createTables } from '../oauth/tables.ts';
import type { Command } from './arguments.ts';
import { makeIntoFile, readPassword } from './secrets.ts';
import { type Stores, withStores } from './stores.ts';

/** Where a command reads and writes. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** Takes a secret that was asked for, and nothing else. */
  readonly write: (text: string) => void;
  /** Says what was done; never a secret. */
  readonly say: (line: string) => void;
}

type Doing<Kind extends Command['kind']> = (
  command: Extract<Command, { kind: Kind }>,
  stores: Stores,
  terminal: Terminal,
) => Promise<void>;

const addAccount: Doing<'add-account'> = async ({ name, role, passwordFile }, { database, recorded }, terminal) => {
  const password = await readPassword(passwordFile, terminal.input);
  await createTables(database);
  const accounts = accountsOf(database, createPasswords(), attemptsOf(database, Date.now));
  const event: AuditEvent = {
    class: 'account-change',
    activity: 'create',
    outcome: 'unknown',
    operation: 'account.add',
    resource: { type: 'account', name },
    details: { role },
  };
  const { id } = await recorded(event, () => accounts.add({ name, password, role }));
  terminal.say(`added the account ${name} (${role}), subject ${id}`);
};

const addClient: Doing<'add-client'> = async ({ client, secretFile }, { database, recorded }, terminal) => {
  await createTables(database);
  const event: AuditEvent = {
    class: 'entity-management',
    activity: 'create',
    outcome: 'unknown',
    operation: 'client.add',
    resource: { type: 'client', name: client.id },
    details: { ...client },
  };
  const add = async (): Promise<Secret | undefined> =>
    (await recorded(event, () => clientsOf(database).add(client))).secret;
  if (secretFile !== undefined) await makeIntoFile(secretFile, add);
  else {
    const secret = await add();
    if (secret !== undefined) terminal.write(`${secret.reveal()}\n`);
  }
  const where =
    client.authentication === 'none' ? 'it has no secret' : `its secret went to ${secretFile ?? 'standard output'}`;
  terminal.say(`added the client ${client.id} (${client.grants.join(', ')}); ${where}`);
};

const removeAnAccount: Doing<'remove-account'> = async ({ name }, { database, recorded }, terminal) => {
  await createTables(database);
  const event: AuditEvent = {
    class: 'account-change',
    activity: 'delete',
    outcome: 'unknown',
    operation: 'account.remove',
    resource: { type: 'account', name },
  };
  await recorded(event, async () => {
    if (!(await removeAccount(database, accessTokensOf(database, Date.now), name)))
      throw new OAuthError('oauth/account-unknown', 'there is no account of this name');
  });
  terminal.say(`removed the account ${name}; its sessions and tokens have ended`);
};

const removeAClient: Doing<'remove-client'> = async ({ id }, { database, recorded }, terminal) => {
  await createTables(database);
  const event: AuditEvent = {
    class: 'entity-management',
    activity: 'delete',
    outcome: 'unknown',
    operation: 'client.remove',
    resource: { type: 'client', name: id },
  };
  await recorded(event, async () => {
    if (!(await removeClient(database, Date.now, id)))
      throw new OAuthError('oauth/client-unknown', 'there is no client of this client_id');
  });
  terminal.say(`removed the client ${id}; its tokens have ended`);
};

const rotateKeys: Doing<'rotate-keys'> = async ({ why }, { issuer, vault, recorded }, terminal) => {
  const event: AuditEvent = {
    class: 'entity-management',
    activity: 'update',
    outcome: 'unknown',
    operation: 'keys.rotate',
    severity: why === 'compromised' ? 'high' : 'informational',
    resource: { type: 'signing-keys', name: issuer.keysPath },
    details: { why },
  };
  const log = {
    info: () => undefined,
    warn: (_fields: object, message: string) => terminal.say(message),
    error: (_fields: object, message: string) => terminal.say(message),
  };
  await recorded(event, async () => {
    const store = vaultKeyStore(vault.entries, issuer.keysPath);
    const ring = await openKeyRing(store, { now: Date.now, times: keyTimes, log, changed: () => undefined });
    await ring.rotate(why);
  });
  terminal.say(
    why === 'compromised'
      ? 'made new keys; running instances use them within 30 s, at once after SIGHUP, and everything signed before is refused'
      : `added a key; it signs in ${keyTimes.lead / 1000} s, and the one before verifies for ${keyTimes.overlap / 3_600_000} h more`,
  );
};

const carryOut = (command: Command, stores: Stores, terminal: Terminal): Promise<void> => {
  switch (command.kind) {
    case 'add-account':
      return addAccount(command, stores, terminal);
    case 'add-client':
      return addClient(command, stores, terminal);
    case 'remove-account':
      return removeAnAccount(command, stores, terminal);
    case 'remove-client':
      return removeAClient(command, stores, terminal);
    case 'rotate-keys':
      return rotateKeys(command, stores, terminal);
  }
};

/** Carries out a command beside the running service. @throws StartError */
export const runCommand = async (command: Command, configuration: Configuration, terminal: Terminal): Promise<void> => {
  if (configuration.posture !== 'hardened' || configuration.issuer.kind !== 'own')
    throw new StartError('command/not-here', 'this service has no authorization server of its own');
  const { issuer } = configuration;
  try {
    const unsigned = (thrown: unknown): void => terminal.say(`no checkpoint was signed: ${messageOf(thrown)}`);
    await withStores(configuration, issuer, unsigned, (stores) => carryOut(command, stores, terminal));
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (error instanceof OAuthError) throw new StartError('command/refused', error.message, error);
    throw new StartError('command/failed', messageOf(error), error);
  }
};
