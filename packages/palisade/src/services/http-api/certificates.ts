import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Kinds of servers that ask their clients for a certificate in the hardened posture. */
const askForCertificates = new Set(['postgres', 'pgbouncer', 'mysql', 'redis', 'rabbitmq', 'mongodb']);

/** The service's identity as a server, and as a client where it calls a server that asks for one. */
export const certificates = (stack: Stack, { name }: Service): readonly CertificateIssue[] => {
  const common = {
    kind: 'certificate-issue',
    service: name,
    commonName: name,
    expects: { remainingLife: renewal },
  } as const;
  const isClient = stack.edges.some(
    ({ from, to }) => from === name && askForCertificates.has(stack.services.get(to)?.kind ?? ''),
  );
  return [
    {
      ...common,
      role: `${name}-server`,
      usage: 'server',
      alternativeNames: [name, 'localhost'],
      directory: `certs/${name}/server`,
    },
    ...(isClient
      ? [
          {
            ...common,
            role: `${name}-client`,
            usage: 'client' as const,
            alternativeNames: [],
            directory: `certs/${name}/client`,
          },
        ]
      : []),
  ];
};
