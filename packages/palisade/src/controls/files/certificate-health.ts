import { X509Certificate } from 'node:crypto';
import type { Control } from '../../contracts/control.ts';
import { askEachFile } from '../file-question.ts';

/** A certificate of a PEM file and the line that it begins on. */
interface Block {
  readonly pem: string;
  readonly line: number;
}

const blocks = (text: string): readonly Block[] =>
  [...text.matchAll(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g)].map(
    (match) => ({
      pem: match[0],
      line: text.slice(0, match.index).split('\n').length,
    }),
  );

const parse = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
};

const day = 86_400_000;

/** The part of its life below which a certificate should have been renewed long ago. */
const leastRemainingLife = 0.1;

const lifeFault = (certificate: X509Certificate, now: number): string | undefined => {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  if (now >= to) return `expired on ${certificate.validToDate.toISOString().slice(0, 10)}`;
  if (now < from) return `is not valid before ${certificate.validFromDate.toISOString().slice(0, 10)}`;
  return (to - now) / (to - from) < leastRemainingLife ? `expires in ${Math.floor((to - now) / day)} days` : undefined;
};

const keyFault = ({ publicKey }: X509Certificate): string | undefined => {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < 2048) return `has a key of only ${modulusLength} bits`;
  const bits = /(\d{3})/.exec(namedCurve ?? '')?.[1];
  return bits !== undefined && Number(bits) < 224 ? `has a key on the weak curve ${namedCurve}` : undefined;
};

const signatureFault = ({ signatureAlgorithm }: X509Certificate): string | undefined =>
  signatureAlgorithm !== undefined && /md5|sha-?1(?!\d)/i.test(signatureAlgorithm)
    ? `is signed with ${signatureAlgorithm}`
    : undefined;

const nameFault = ({ ca, subjectAltName }: X509Certificate): string | undefined =>
  !ca && subjectAltName === undefined
    ? 'has no subject alternative name, so clients cannot check whom they talk to'
    : undefined;

/** F03: certificates are valid for a while yet, carry names, and are strong. */
export const control: Control = {
  id: 'files/certificate-health',
  aliases: ['F03'],
  title: 'Certificates are valid, named and strong',
  severity: 'high',
  rationale:
    'An expired certificate stops a service or teaches people to switch checks off; one without names cannot be checked; a short key or an SHA-1 signature can be forged.',
  fix: 'Issue the certificate anew from the PKI, with a key on P-256 and the names of the service.',
  references: [
    { source: 'RFC 5280', section: '4.2.1.6', url: 'https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6' },
    { source: 'RFC 9525', url: 'https://www.rfc-editor.org/rfc/rfc9525' },
  ],
  static: askEachFile({
    about: ({ sensitivity }) => sensitivity === 'certificate',
    none: 'the project holds no certificate in a file',
    sound: 'is valid, carries names and is strong',
    *faults({ path, text }, { readAt }) {
      const found = blocks(text ?? '');
      if (text !== undefined && found.length === 0) yield { message: `${path} holds no certificate`, key: 'empty' };
      for (const [position, { pem, line }] of found.entries()) {
        const certificate = parse(pem);
        if (certificate === undefined) {
          yield { message: `a certificate in ${path} cannot be parsed`, line, key: `${position} parse` };
          continue;
        }
        const life = readAt === undefined ? undefined : lifeFault(certificate, readAt);
        for (const [key, fault] of Object.entries({
          life,
          name: nameFault(certificate),
          key: keyFault(certificate),
          signature: signatureFault(certificate),
        }))
          if (fault !== undefined)
            yield { message: `the certificate in ${path} ${fault}`, line, key: `${position} ${key}` };
      }
    },
    undetermined: ({ text }, { readAt }) =>
      text === undefined
        ? 'the file is no text, so the certificate could not be read'
        : readAt === undefined
          ? 'whether the certificate has expired is not known without the time'
          : undefined,
  }),
};
