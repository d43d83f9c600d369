import type { ProjectFile } from '../contracts/stack.ts';

const keyName = /(?:^|[-_.])key\.pem$|\.key$|\.(?:p12|pfx|jks|keystore)$|^id_(?:rsa|ecdsa|ed25519)$|privkey/i;
const certificateName = /(?:cert|chain|^ca|-ca|_ca|bundle)[^/]*\.pem$|\.(?:crt|cer)$/i;
const secretName =
  /^(?:secret|role)[-_]id|unseal|root[-_]token|vault-token$|vault-(?:init|keys)|[-_.]?(?:password|passwd|passphrase)(?:\.(?:txt|secret))?$|^\.?pgpass$|^\.erlang\.cookie$/i;
const secretText =
  /"(?:unseal_keys_b64|unseal_keys_hex|keys_base64|root_token)"|-----BEGIN AGE ENCRYPTED FILE|^AGE-SECRET-KEY-/m;
const secretVariable =
  /^[ \t]*(?:export[ \t]+)?\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)\w*[ \t]*[=:][ \t]*["']?[^\s"'$#]/im;

/**
 * Tells what a file holds from its name and text: a private key, a certificate, a secret, or nothing of that kind.
 * `text` is undefined where it could not be read; the name decides then.
 */
export const sensitivityOf = (
  file: {
    readonly name: string;
    readonly directory: string;
    /** A file source of the top-level `secrets`. */
    readonly isSecret: boolean;
    /** A `.env` or `env_file`; secret where one of its variables is. */
    readonly isEnvironment?: boolean;
  },
  text: string | undefined,
): ProjectFile['sensitivity'] => {
  if (text !== undefined && /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(text)) return 'private-key';
  if (file.isSecret) return 'secret';
  if (text !== undefined && /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)) return 'certificate';
  if (keyName.test(file.name)) return 'private-key';
  if (text === undefined && certificateName.test(file.name)) return 'certificate';
  if (secretName.test(file.name) || file.directory === 'secrets') return 'secret';
  if (text !== undefined && secretText.test(text)) return 'secret';
  return file.isEnvironment === true && text !== undefined && secretVariable.test(text) ? 'secret' : 'plain';
};
