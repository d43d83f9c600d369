import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, serverCertificate } from '../../model/identities.ts';

/** Kinds of servers that ask their clients for a certificate in the hardened posture. */
const askForCertificates = new Set(['postgres', 'pgbouncer', 'mysql', 'redis', 'rabbitmq', 'mongodb']);

/** The service's identity as a server, and as a client where it calls a server that asks for one. */
export const certificates = (stack: Stack, { name }: Service): readonly CertificateIssue[] => [
  serverCertificate(name),
  ...(stack.edges.some(({ from, to }) => from === name && askForCertificates.has(stack.services.get(to)?.kind ?? ''))
    ? [clientCertificate(name)]
    : []),
];
