import { defineErrors } from '../../support/errors.ts';

interface MysqlErrors {
  'mysql/not-reachable': { service: string; reason: string };
  'mysql/protocol': { reason: string };
  'mysql/client-failed': { service: string; reason: string };
  'mysql/server-not-installed': { service: string };
  'mysql/parameter-unresolved': { service: string; parameter: string };
}

/** The errors of the kind `mysql`. */
export const { error, definitions } = defineErrors<MysqlErrors>({
  'mysql/not-reachable': {
    exit: 3,
    summary: 'The server could not be asked at all.',
    message: ({ service, reason }) => `MySQL of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'mysql/protocol': {
    exit: 3,
    summary: 'A server answered something that is not the client/server protocol of MySQL.',
    message: ({ reason }) => `the server does not speak the protocol of MySQL: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'mysql/client-failed': {
    exit: 3,
    summary: 'The command line client ended with an error, or the server refused a statement of the administrator.',
    message: ({ service, reason }) => `a statement failed in the service ${service}: ${reason}`,
    next: () => 'Mend what the server said and run the command again; what was applied stays and is not applied twice.',
  },
  'mysql/server-not-installed': {
    exit: 2,
    summary: 'The process runtime found no server program, or no client program, on this machine.',
    message: ({ service }) => `no mysqld or mariadbd with its client was found for the service ${service}`,
    next: () => 'Install it (Debian: apt-get install mariadb-server), or run the stack with a container engine.',
  },
  'mysql/parameter-unresolved': {
    exit: 3,
    summary: 'A statement needs a secret that is not there.',
    message: ({ service, parameter }) => `the service ${service} needs the secret ${parameter}, which is not in Vault`,
    next: () => 'Bootstrap the hardened stack again (palisade up); it writes the secrets that are missing.',
  },
});
