import { type KeyObject, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { VaultError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { bits, boolean, integer, objectIdentifier, octets, pem, sequence, set, tagged, time, utf8 } from './der.ts';

/** Whom a certificate is for. */
export interface CertificateSubject {
  readonly commonName: string;
  /** DNS names. */
  readonly alternativeNames: readonly string[];
}

const identifiers = {
  commonName: objectIdentifier('2.5.4.3'),
  ecdsaWithSha256: objectIdentifier('1.2.840.10045.4.3.2'),
  extensionRequest: objectIdentifier('1.2.840.113549.1.9.14'),
  basicConstraints: objectIdentifier('2.5.29.19'),
  keyUsage: objectIdentifier('2.5.29.15'),
  extendedKeyUsage: objectIdentifier('2.5.29.37'),
  subjectAlternativeName: objectIdentifier('2.5.29.17'),
  serverAuthentication: objectIdentifier('1.3.6.1.5.5.7.3.1'),
} as const;

const algorithm = sequence(identifiers.ecdsaWithSha256);
const name = (commonName: string): Buffer => sequence(set(sequence(identifiers.commonName, utf8(commonName))));
const extension = (identifier: Buffer, value: Buffer, critical = false): Buffer =>
  sequence(identifier, ...(critical ? [boolean(true)] : []), octets(value));

const alternativeNames = (names: readonly string[]): Buffer =>
  extension(
    identifiers.subjectAlternativeName,
    sequence(
      ...names.map((one) => {
        if (isIP(one) !== 0 || !/^[\x21-\x7e]+$/.test(one))
          throw new VaultError('vault/invalid-request', { message: `${JSON.stringify(one)} is not a DNS name` });
        return tagged(0x82, Buffer.from(one, 'ascii'));
      }),
    ),
  );

const publicKeyOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });

/** Signs the part that says something, and puts all of it together. */
const signed = (content: Buffer, key: KeyObject): Buffer =>
  sequence(content, algorithm, bits(sign('sha256', content, key)));

/** A fresh EC P-256 key and its PKCS #8 PEM. */
const generateKey = (): { readonly key: KeyObject; readonly text: Secret } => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, text: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()) };
};

/**
 * Makes a key (EC P-256) and a request for its certificate. Source: RFC 2986.
 *
 * @throws VaultError `vault/invalid-request` for a name that is not a DNS name.
 */
export const createCertificateRequest = (
  subject: CertificateSubject,
): { readonly request: string; readonly key: Secret } => {
  const { key, text } = generateKey();
  const extensions = subject.alternativeNames.length === 0 ? [] : [alternativeNames(subject.alternativeNames)];
  const attributes =
    extensions.length === 0 ? [] : [sequence(identifiers.extensionRequest, set(sequence(...extensions)))];
  const content = sequence(
    integer(Buffer.from([0])),
    name(subject.commonName),
    publicKeyOf(key),
    tagged(0xa0, ...attributes),
  );
  return { request: pem('CERTIFICATE REQUEST', signed(content, key)), key: text };
};

/**
 * Makes a key (EC P-256) and a server certificate that it signs itself, valid from `notBefore` to `notAfter`
 * (milliseconds since the epoch). It is no authority: who trusts it trusts that one server. Source: RFC 5280.
 */
export const createSelfSignedCertificate = (
  subject: CertificateSubject,
  validity: { readonly notBefore: number; readonly notAfter: number },
): { readonly certificate: string; readonly key: Secret } => {
  const { key, text } = generateKey();
  const serial = randomBytes(16);
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name(subject.commonName),
    sequence(time(validity.notBefore), time(validity.notAfter)),
    name(subject.commonName),
    publicKeyOf(key),
    tagged(
      0xa3,
      sequence(
        extension(identifiers.basicConstraints, sequence(), true),
        extension(identifiers.keyUsage, bits(Buffer.from([0x80]), 7), true),
        extension(identifiers.extendedKeyUsage, sequence(identifiers.serverAuthentication)),
        alternativeNames(subject.alternativeNames),
      ),
    ),
  );
  return { certificate: pem('CERTIFICATE', signed(content, key)), key: text };
};
