import { defineErrors } from '../../support/errors.ts';

interface NginxErrors {
  'nginx/not-installed': { readonly service: string };
  'nginx/configuration-unknown': { readonly service: string; readonly why: string };
  'nginx/no-endpoint': { readonly service: string };
  'nginx/none-to-export': { readonly project: string; readonly wanted: string | undefined };
  'nginx/several-to-export': { readonly project: string; readonly services: readonly string[] };
  'nginx/not-exportable': { readonly service: string; readonly why: string };
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
  'nginx/none-to-export': {
    exit: 2,
    summary: 'The policy of a gateway was asked for, and the project has no such nginx.',
    message: ({ project, wanted }) =>
      wanted === undefined ? `${project} has no nginx` : `${project} has no nginx that is called ${wanted}`,
    next: () => 'name the service with --service, and its kind in palisade.yaml where it was not recognised',
  },
  'nginx/several-to-export': {
    exit: 2,
    summary: 'The policy of a gateway was asked for, and the project has several.',
    message: ({ project, services }) => `${project} has more than one nginx: ${services.join(', ')}`,
    next: () => 'choose one with --service',
  },
  'nginx/not-exportable': {
    exit: 2,
    summary: 'The configuration of an nginx is not simple enough to be said in the words of another gateway.',
    message: ({ service, why }) => `the policy of ${service} cannot be exported: ${why}`,
    next: () => 'simplify the configuration by hand, or write the routes of the other gateway yourself',
  },
});
