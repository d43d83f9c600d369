import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { AuditError } from '../errors.ts';
import type { SecretLike } from '../record/redact.ts';
import { type Checkpoint, type CheckpointSigner, bytesOf } from './checkpoint.ts';

/** Goes before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. Source: RFC 8410, section 4. */
const publicKeyHeader = Buffer.from('302a300506032b6570032100', 'hex');

const unusable = (what: string): AuditError => new AuditError('audit/key-unusable', what);

/** The name of a key: base64 of its 32 bytes, which can be given to the verifier as it is. */
const nameOf = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).subarray(publicKeyHeader.length).toString('base64');

/** A public key that checkpoints are checked with. */
export interface CheckpointKey {
  /** Base64 of its 32 bytes. */
  readonly name: string;
  readonly verifies: (checkpoint: Checkpoint) => boolean;
}

/**
 * Reads a public Ed25519 key: PEM, or base64 of its 32 bytes, which is how Vault's transit engine shows it.
 *
 * @throws AuditError `audit/key-unusable`
 */
export const readCheckpointKey = (text: string): CheckpointKey => {
  let key: KeyObject;
  try {
    const trimmed = text.trim();
    if (trimmed.includes('PRIVATE KEY')) throw unusable('the key is a private one, which a verifier has no use for');
    if (!trimmed.startsWith('-----BEGIN') && !/^[A-Za-z0-9+/]{43}=$/.test(trimmed))
      throw unusable('the key cannot be read');
    key = trimmed.startsWith('-----BEGIN')
      ? createPublicKey(trimmed)
      : createPublicKey({
          key: Buffer.concat([publicKeyHeader, Buffer.from(trimmed, 'base64')]),
          format: 'der',
          type: 'spki',
        });
  } catch (thrown) {
    throw thrown instanceof AuditError ? thrown : unusable('the key cannot be read');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable(`the key is of type ${key.asymmetricKeyType ?? 'unknown'}`);
  return {
    name: nameOf(key),
    verifies: (checkpoint) =>
      checkpoint.signature !== undefined &&
      verify(null, bytesOf(checkpoint, checkpoint.signature), key, Buffer.from(checkpoint.signature.value, 'base64')),
  };
};

/**
 * A signer whose key is on this machine. It shows damage and edits by those who cannot read the key; whoever owns the
 * machine can sign a log of his own with it, and each checkpoint says so (`local`).
 *
 * @throws AuditError `audit/key-unusable`
 */
export const createLocalSigner = (privateKey: SecretLike): CheckpointSigner => {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey.reveal());
  } catch {
    // What the library says of a key that it cannot read may quote it.
    throw unusable('the private key cannot be read');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable(`the key is of type ${key.asymmetricKeyType ?? 'unknown'}`);
  return {
    kind: 'local',
    key: nameOf(createPublicKey(key)),
    sign: (bytes) => Promise.resolve(sign(null, bytes, key).toString('base64')),
  };
};

/** A new pair of Ed25519 keys as PEM; the private one in PKCS #8. */
export const generateCheckpointKeys = (): { readonly publicKey: string; readonly privateKey: SecretLike } => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: { reveal: () => text },
  };
};

/** What of a client of Vault's transit engine is used here; `client.transit()` of @palisade/vault has it. */
export interface TransitSigning {
  /** A signature of the form `vault:v1:…` over the bytes. */
  readonly sign: (key: string, bytes: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<string>;
}

/**
 * A signer whose Ed25519 key never leaves Vault. The writer cannot take the key away, and Vault's own audit log has every
 * use of it. As long as the writer may ask for signatures, whoever takes the writer over may, too: give that right to
 * another process, which reads the log, or keep checkpoints where the writer cannot change them.
 *
 * @throws AuditError `audit/not-signed` where the answer is no signature
 */
export const createTransitSigner = (transit: TransitSigning, key: string): CheckpointSigner => ({
  kind: 'vault-transit',
  key,
  sign: async (bytes, options) => {
    const answer = await transit.sign(key, bytes, options);
    const value = /^vault:v[0-9]+:([A-Za-z0-9+/=]+)$/.exec(answer)?.[1];
    if (value === undefined || Buffer.from(value, 'base64').length !== 64)
      throw new AuditError('audit/not-signed', `the key ${key} of Vault gave no Ed25519 signature`);
    return value;
  },
});
