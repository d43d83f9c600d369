import { isDeepStrictEqual } from 'node:util';
import type { PkiRole } from '@palisade/vault';
import type { CertificateIssue } from '../../../contracts/change.ts';
import { exactName } from './policy.ts';
import type { Step } from './step.ts';

/** Seconds: the longest life of a certificate of a service. */
export const certificateTtl = 720 * 3_600;

/**
 * The role that signs exactly this certificate: its names and no other, its usage and no other. Several certificates of
 * one role share their names. Certificates stay in the server's store, because one that is stolen has to be revocable.
 */
export const pkiRoleOf = (certificates: readonly CertificateIssue[]): PkiRole => ({
  allowedDomains: [...new Set(certificates.flatMap((one) => [one.commonName, ...one.alternativeNames]))].toSorted(),
  allowLocalhost: false,
  allowIpAddresses: false,
  server: certificates.some((one) => one.usage === 'server'),
  client: certificates.some((one) => one.usage === 'client'),
  maxTtl: certificateTtl,
});

/** Roles of the intermediate authority, one a service and usage. */
export const pkiRoles: Step = {
  name: 'certificate roles',
  missing: async ({ goal, call }, client) => {
    const roles = Map.groupBy(goal.certificates, (certificate) => exactName('PKI role', certificate.role));
    const states = await Promise.all(
      [...roles].map(async ([role, certificates]) => {
        const wanted = pkiRoleOf(certificates);
        const found = await client.pki('pki_int').readRole(role, call);
        const right = isDeepStrictEqual(found && { ...found, allowedDomains: found.allowedDomains.toSorted() }, {
          ...wanted,
          tight: true,
        });
        return { role, wanted, right };
      }),
    );
    return states
      .filter(({ right }) => !right)
      .map(({ role, wanted }) => ({
        title: `write the certificate role ${role}`,
        by: 'root',
        run: (root) => root.pki('pki_int').writeRole(role, wanted, call),
      }));
  },
};
