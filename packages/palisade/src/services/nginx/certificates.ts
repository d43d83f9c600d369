import type { CertificateIssue } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { isHardened, servedNames, whyNotHardened } from './harden.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** The identity that clients see, with every name that is served, and the one that upstreams see. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] => {
  if (!isHardened(service) && whyNotHardened(stack, service) !== undefined) return [];
  const { name } = service;
  const common = {
    kind: 'certificate-issue',
    service: name,
    commonName: name,
    expects: { remainingLife: renewal },
  } as const;
  return [
    {
      ...common,
      role: `${name}-server`,
      usage: 'server',
      alternativeNames: [...new Set([name, 'localhost', ...servedNames(stack, service)])],
      directory: `certs/${name}/server`,
    },
    { ...common, role: `${name}-client`, usage: 'client', alternativeNames: [], directory: `certs/${name}/client` },
  ];
};
