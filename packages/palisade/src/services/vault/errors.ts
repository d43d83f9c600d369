import { defineErrors } from '../../support/errors.ts';

interface VaultErrors {
  'vault/no-endpoint': { readonly service: string };
  'vault/no-answer': { readonly service: string; readonly why: string };
  'vault/no-program': { readonly service: string };
  'vault/no-configuration': { readonly service: string; readonly path: string };
  'vault/not-ready': { readonly service: string; readonly why: string };
}

/** Errors of the service kind `vault`. */
export const { error, definitions } = defineErrors<VaultErrors>({
  'vault/no-endpoint': {
    exit: 3,
    summary: 'The API port of Vault cannot be reached from this machine.',
    message: ({ service }) => `${service}: port 8200 is not reachable from here`,
    next: () => 'Publish the port on 127.0.0.1, or run the check where the server runs.',
  },
  'vault/no-answer': {
    exit: 3,
    summary: 'The API port of Vault answers neither HTTP nor TLS.',
    message: ({ service, why }) => `${service} answers neither HTTP nor TLS (${why})`,
    next: () => 'Check that the server runs, and look into its log.',
  },
  'vault/no-program': {
    exit: 2,
    summary: 'Neither OpenBao nor Vault is installed on this machine.',
    message: ({ service }) => `${service} cannot be run: neither bao nor vault is installed here`,
    next: () => 'Install OpenBao, put it on PATH, or name it in PALISADE_BAO.',
  },
  'vault/no-configuration': {
    exit: 2,
    summary: 'The configuration file that a Vault service is started with is not there.',
    message: ({ service, path }) => `${service}: its configuration ${path} cannot be read`,
    next: () => 'Mount the configuration file into the service, or correct -config in its command.',
  },
  'vault/not-ready': {
    exit: 3,
    summary: 'Vault does not serve yet.',
    message: ({ service, why }) => `${service} is not ready: ${why}`,
    next: () => 'Wait, or look into the log of the server.',
  },
});
