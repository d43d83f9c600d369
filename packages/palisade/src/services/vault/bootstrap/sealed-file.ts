import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Decrypter, Encrypter, armor, identityToRecipient } from 'age-encryption';
import { isFileSystemError, writeFileAtomically } from '../../../support/files.ts';
import { Secret } from '../../../support/secret.ts';
import { error } from './errors.ts';

/**
 * Encrypts to every recipient (`age1…`) and writes the armoured file, which `age -d` opens too. Source: age-encryption.org/v1.
 *
 * @throws `vault-bootstrap/recipient-refused`
 */
export const writeSealedFile = async (path: string, content: Secret, recipients: readonly string[]): Promise<void> => {
  await writeFileAtomically(path, armor.encode(await encrypter(recipients).encrypt(content.reveal())), { mode: 0o600 });
};

/** Throws `vault-bootstrap/recipient-refused` for whatever is not an age recipient. */
export const checkRecipients = (recipients: readonly string[]): void => {
  encrypter(recipients);
};

/**
 * Throws `vault-bootstrap/identity-wrong` where the identity would not open what is sealed for the recipients: to find
 * that out after the keys are handed out is too late.
 */
export const checkIdentity = async (recipients: readonly string[], identity: Secret): Promise<void> => {
  const probe = await encrypter(recipients).encrypt('probe');
  try {
    await decrypterOf(identity).decrypt(probe);
  } catch {
    throw error('vault-bootstrap/identity-wrong', { file: 'what is sealed for the recipients' });
  }
};

const encrypter = (recipients: readonly string[]): Encrypter => {
  const made = new Encrypter();
  for (const recipient of recipients)
    try {
      made.addRecipient(recipient);
    } catch {
      throw error('vault-bootstrap/recipient-refused', { recipient: recipient.startsWith('age1') ? recipient : '…' });
    }
  return made;
};

/**
 * What a sealed file holds; undefined where there is no such file.
 *
 * @throws `vault-bootstrap/identity-wrong` where the identity does not open it.
 */
export const readSealedFile = async (path: string, identity: Secret): Promise<Secret | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
  try {
    return new Secret(await decrypterOf(identity).decrypt(armor.decode(text), 'text'));
  } catch {
    // What the library says is dropped: it could quote the identity.
    throw error('vault-bootstrap/identity-wrong', { file: basename(path) });
  }
};

/**
 * The recipient of an identity.
 *
 * @throws `vault-bootstrap/identity-wrong` where it is none.
 */
export const recipientOf = async (identity: Secret): Promise<string> => {
  try {
    return await identityToRecipient(identityLines(identity)[0] ?? '');
  } catch {
    throw error('vault-bootstrap/identity-wrong', { file: 'anything: it is not an age identity' });
  }
};

/** An identity file of age-keygen has comment lines. */
const identityLines = (identity: Secret): readonly string[] =>
  identity
    .reveal()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const decrypterOf = (identity: Secret): Decrypter => {
  const made = new Decrypter();
  for (const line of identityLines(identity)) made.addIdentity(line);
  return made;
};
