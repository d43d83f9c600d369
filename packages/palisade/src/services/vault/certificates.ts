import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { readConfiguration } from './configuration.ts';
import { hardenedConfiguration } from './hardened-configuration.ts';
import { productOf } from './matching.ts';

/** The certificate of the server; none where the user's own stays in use. */
export const certificatesOf = (stack: Stack, service: Service): readonly CertificateIssue[] => {
  const reading = readConfiguration(stack, service);
  const configuration = hardenedConfiguration({
    service: service.name,
    product: productOf(service),
    documents: reading.state === 'configured' ? reading.documents : [],
  });
  if (configuration?.issuedCertificate === false) return [];
  return [
    {
      kind: 'certificate-issue',
      service: service.name,
      role: `${service.name}-server`,
      usage: 'server',
      commonName: service.name,
      alternativeNames: [service.name, 'localhost'],
      directory: `certs/${service.name}/server`,
      expects: { remainingLife: 1 / 3 },
    },
  ];
};
