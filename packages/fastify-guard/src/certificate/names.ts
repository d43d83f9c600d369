import type { X509Certificate } from 'node:crypto';

/** A name of a certificate: `DNS:api.internal`, `URI:spiffe://stack/api`. */
export type CertificateName = `DNS:${string}` | `URI:${string}`;

const entry = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/gy;

/**
 * The DNS and URI names of a certificate; the subject's common name is not one (RFC 6125 section 6.4.4). Node.js puts names with
 * separators into quotes, so that a forged name cannot look like two.
 */
export const namesOf = (certificate: X509Certificate): readonly CertificateName[] => {
  const text = certificate.subjectAltName ?? '';
  return [...text.matchAll(entry)].flatMap(([, kind, value = '']): readonly CertificateName[] => {
    const name: unknown = value.startsWith('"') ? JSON.parse(value) : value;
    if (typeof name !== 'string') return [];
    return kind === 'DNS' ? [`DNS:${name.toLowerCase()}`] : kind === 'URI' ? [`URI:${name}`] : [];
  });
};
