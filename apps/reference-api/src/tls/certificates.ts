import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError, messageOf } from '../errors.ts';

/** One identity in PEM, with the authorities that its holder trusts. */
export interface CertificateBundle {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/**
 * Reads `cert.pem`, `key.pem` and `ca.pem`.
 *
 * @throws StartError `certificates/unusable` where one is missing or unreadable, or the key is another certificate's.
 */
export const readCertificates = async (directory: string): Promise<CertificateBundle> => {
  try {
    const [cert, key, ca] = await Promise.all(
      ['cert.pem', 'key.pem', 'ca.pem'].map((name) => readFile(join(directory, name), 'utf8')),
    );
    if (cert === undefined || key === undefined || ca === undefined) throw new Error('a file is missing');
    // A parser's error may quote what it choked on, so nothing of it is passed on.
    const matches = ((): boolean => {
      try {
        return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
      } catch {
        return false;
      }
    })();
    if (!matches) throw new Error('cert.pem and key.pem are not a certificate and its key');
    return { cert, key, ca };
  } catch (error) {
    throw new StartError('certificates/unusable', `the certificates in ${directory}: ${messageOf(error)}`, error);
  }
};

/** Tells whether two bundles are the same, by their text. */
export const sameBundle = (a: CertificateBundle, b: CertificateBundle): boolean =>
  a.cert === b.cert && a.key === b.key && a.ca === b.ca;
