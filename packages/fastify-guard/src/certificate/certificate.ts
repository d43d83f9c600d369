import { X509Certificate, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Identity } from '../identity.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type CertificateName, namesOf } from './names.ts';

/** A caller that is known by the certificate of its connection. */
export interface CertificateClient {
  /** The name that the certificate has to hold; compared exactly. */
  readonly name: CertificateName;
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** The verified certificate of a connection. */
export interface ClientCertificate {
  readonly certificate: X509Certificate;
  /** `x5t#S256` of RFC 8705. */
  readonly thumbprint: string;
}

const read = new WeakMap<Socket, ClientCertificate>();

/**
 * The certificate that the TLS handshake has verified. `undefined` without TLS, without a certificate, for one that no authority
 * of ours signed, and for one whose time is over: a connection can live longer than the certificate that opened it.
 */
export const certificateOf = (socket: Socket, now: number): ClientCertificate | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  let found = read.get(socket);
  if (found === undefined) {
    const der = socket.getPeerCertificate(false).raw as Buffer | undefined;
    if (der === undefined) return undefined;
    found = {
      certificate: new X509Certificate(der),
      thumbprint: createHash('sha256').update(der).digest('base64url'),
    };
    read.set(socket, found);
  }
  return found.certificate.validToDate.getTime() > now ? found : undefined;
};

/** Who has a certificate; refused where none of its names is a client's, or names are of several. */
export const checkCertificate = (
  held: ClientCertificate,
  clients: readonly CertificateClient[],
): Identity | Refusal => {
  const names = namesOf(held.certificate);
  const found = clients.filter(({ name }) => names.includes(name));
  const [client] = found;
  if (client === undefined || found.some(({ subject }) => subject !== client.subject))
    return refuse('certificate-invalid', client === undefined ? 'certificate-unknown' : 'certificate-ambiguous');
  return {
    by: 'client-certificate',
    issuer: 'client-certificate',
    subject: client.subject,
    roles: client.roles,
    scopes: client.scopes,
  };
};
