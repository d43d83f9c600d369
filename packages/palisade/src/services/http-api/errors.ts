import { defineErrors } from '../../support/errors.ts';

interface HttpApiErrors {
  'http-api/no-endpoint': { readonly service: string };
  'http-api/no-answer': { readonly service: string; readonly why: string };
  'http-api/not-ready': { readonly service: string; readonly why: string };
  'http-api/not-runnable': { readonly service: string; readonly why: string };
}

/** Errors of the service kind `http-api`. */
export const { error, definitions } = defineErrors<HttpApiErrors>({
  'http-api/no-endpoint': {
    exit: 3,
    summary: 'No port of an HTTP service can be reached from this machine.',
    message: ({ service }) => `${service}: none of its ports is reachable from here`,
    next: () => 'Publish a port on 127.0.0.1, or run the check where the service runs.',
  },
  'http-api/no-answer': {
    exit: 3,
    summary: 'An HTTP service answers neither HTTP nor TLS.',
    message: ({ service, why }) => `${service} answers neither HTTP nor TLS (${why})`,
    next: () => 'Check that the service runs, and look into its log.',
  },
  'http-api/not-ready': {
    exit: 3,
    summary: 'An HTTP service does not serve yet.',
    message: ({ service, why }) => `${service} is not ready: ${why}`,
    next: () => 'Wait, or look into the log of the service.',
  },
  'http-api/not-runnable': {
    exit: 2,
    summary: 'A service is built from sources that cannot be run as a process of this host.',
    message: ({ service, why }) => `${service} cannot be run here: ${why}`,
    next: () => 'Run the stack on a Docker engine, or leave the service out with `--only`.',
  },
});
