import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, serverCertificate } from '../../model/identities.ts';
import { isHardened, servedNames, whyNotHardened } from './harden.ts';

/** The identity that clients see, with every name that is served, and the one that upstreams see. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] =>
  !isHardened(service) && whyNotHardened(stack, service) !== undefined
    ? []
    : [serverCertificate(service.name, servedNames(stack, service)), clientCertificate(service.name)];
