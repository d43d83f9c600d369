import type { Reference } from '../../contracts/control.ts';

/** Vault's page on production hardening. */
export const productionHardening: Reference = {
  source: 'Vault production hardening',
  url: 'https://developer.hashicorp.com/vault/docs/concepts/production-hardening',
};

/** OpenBao's page on the TCP listener. */
export const tcpListener: Reference = {
  source: 'OpenBao TCP listener configuration',
  url: 'https://openbao.org/docs/configuration/listener/tcp',
};

/** OpenBao's page on the development server. */
export const developmentServer: Reference = {
  source: 'OpenBao development server',
  url: 'https://openbao.org/docs/concepts/dev-server',
};

/** OpenBao's page on audit devices. */
export const auditDevices: Reference = {
  source: 'OpenBao audit devices',
  url: 'https://openbao.org/docs/audit',
};

/** OpenBao's page on audit devices in the configuration. */
export const declaredAuditDevices: Reference = {
  source: 'OpenBao declarative audit devices',
  url: 'https://openbao.org/docs/configuration/audit',
};

/** OpenBao's page on the AppRole method. */
export const appRole: Reference = { source: 'OpenBao AppRole', url: 'https://openbao.org/docs/auth/approle' };

/** OpenBao's page on policies. */
export const policies: Reference = { source: 'OpenBao policies', url: 'https://openbao.org/docs/concepts/policies' };

/** OpenBao's page on tokens, root tokens among them. */
export const tokens: Reference = { source: 'OpenBao tokens', url: 'https://openbao.org/docs/concepts/tokens' };

/** OpenBao's page on seals and shares. */
export const seal: Reference = { source: 'OpenBao seal and unseal', url: 'https://openbao.org/docs/concepts/seal' };
