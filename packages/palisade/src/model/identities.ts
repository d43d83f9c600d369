import type { CertificateIssue } from '../contracts/change.ts';
import type { ManagedSecret } from '../contracts/service-kind.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
export const passwordLength = 32;

const certificate = (
  service: string,
  usage: 'server' | 'client',
  alternativeNames: readonly string[],
): CertificateIssue => ({
  kind: 'certificate-issue',
  service,
  role: `${service}-${usage}`,
  usage,
  commonName: service,
  alternativeNames,
  directory: `certs/${service}/${usage}`,
  expects: { remainingLife: renewal },
});

/** The certificate that a service shows to its clients: for its own name, for this machine, and for further names. */
export const serverCertificate = (service: string, furtherNames: readonly string[] = []): CertificateIssue =>
  certificate(service, 'server', [...new Set([service, 'localhost', ...furtherNames])]);

/**
 * The certificate that a service shows to the servers which it calls, with its name as a DNS name too, by which HTTP servers know
 * callers (RFC 6125, 6.4.4). All kinds ask for the same one, so that a service that calls several of them has one.
 */
export const clientCertificate = (service: string): CertificateIssue => certificate(service, 'client', [service]);

/** The account of a consumer on a server: the consumer alone reads it, and learns from it where the server is. */
export const consumerAccount = (
  consumer: string,
  at: {
    /** The service under whose path it is kept, and by whose name the server is called. */
    readonly server: string;
    readonly port: number;
    /** The database or virtual host, where the server has several. */
    readonly database?: string;
  },
): ManagedSecret => ({
  path: `${at.server}/${consumer}`,
  fields: {
    username: { text: consumer },
    password: { generate: passwordLength },
    host: { text: at.server },
    port: { text: String(at.port) },
    ...(at.database === undefined ? {} : { database: { text: at.database } }),
  },
  readers: [consumer],
});
