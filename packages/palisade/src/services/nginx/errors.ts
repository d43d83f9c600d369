import { defineErrors } from '../../support/errors.ts';

interface NginxErrors {
  'nginx/not-installed': { readonly service: string };
  'nginx/configuration-unknown': { readonly service: string; readonly why: string };
  'nginx/no-endpoint': { readonly service: string };
}

/** Errors of the service kind `nginx`. */
export const { error, definitions } = defineErrors<NginxErrors>({
  'nginx/not-installed': {
    exit: 3,
    summary: 'nginx is to run as a process of this host, and is not installed.',
    message: ({ service }) => `${service} needs nginx, which is not installed`,
    next: () => 'Install the package nginx-light, or run the stack on a Docker engine.',
  },
  'nginx/configuration-unknown': {
    exit: 3,
    summary: 'The configuration of an nginx cannot be read as a whole.',
    message: ({ service, why }) => `the configuration of ${service} is not known: ${why}`,
    next: () => 'Mount every file that the configuration includes, and check it with `nginx -t`.',
  },
  'nginx/no-endpoint': {
    exit: 3,
    summary: 'No port of an nginx can be reached from this machine.',
    message: ({ service }) => `${service}: none of its ports is reachable from here`,
    next: () => 'Start the service, or run the check where it runs.',
  },
});
