import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { serverCertificate } from '../../model/identities.ts';
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
  return [serverCertificate(service.name)];
};
