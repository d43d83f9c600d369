import type { Reference } from '../contracts/control.ts';

/** A section of the CIS Docker Benchmark 1.6.0, as Docker Bench for Security numbers its tests. */
export const cisDocker = (section: string): Reference => ({
  source: 'CIS Docker Benchmark 1.6.0',
  section,
  url: 'https://www.cisecurity.org/benchmark/docker',
});

/** An attribute of a service in the Compose specification. */
export const composeService = (attribute: string): Reference => ({
  source: 'Compose specification, services',
  section: attribute,
  url: `https://docs.docker.com/reference/compose-file/services/#${attribute}`,
});

/** The production hardening recommendations of HashiCorp Vault. */
export const vaultHardening: Reference = {
  source: 'Vault production hardening',
  url: 'https://developer.hashicorp.com/vault/docs/concepts/production-hardening',
};
