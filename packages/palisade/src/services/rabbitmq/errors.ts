import { defineErrors } from '../../support/errors.ts';

interface RabbitErrors {
  'rabbitmq/not-reachable': { service: string; reason: string };
  'rabbitmq/protocol': { reason: string };
  'rabbitmq/client-failed': { service: string; reason: string };
  'rabbitmq/server-not-installed': { service: string };
  'rabbitmq/parameter-unresolved': { service: string; parameter: string };
  'rabbitmq/configuration-unknown': { service: string; reason: string };
}

/** The errors of the kind `rabbitmq`. */
export const { error, definitions } = defineErrors<RabbitErrors>({
  'rabbitmq/not-reachable': {
    exit: 3,
    summary: 'The server could not be asked at all.',
    message: ({ service, reason }) => `RabbitMQ of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'rabbitmq/protocol': {
    exit: 3,
    summary: 'A server answered something that is not AMQP 0-9-1.',
    message: ({ reason }) => `the server does not speak AMQP 0-9-1: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'rabbitmq/client-failed': {
    exit: 3,
    summary: 'rabbitmqctl ended with an error, or the server refused a command of the administrator.',
    message: ({ service, reason }) => `a command failed in the service ${service}: ${reason}`,
    next: () => 'Mend what the server said and run the command again; what was applied stays and is not applied twice.',
  },
  'rabbitmq/server-not-installed': {
    exit: 2,
    summary: 'The process runtime found no server program on this machine.',
    message: ({ service }) => `no rabbitmq-server was found for the service ${service}`,
    next: () => 'Install it (Debian: apt-get install rabbitmq-server), or run the stack with a container engine.',
  },
  'rabbitmq/parameter-unresolved': {
    exit: 3,
    summary: 'A statement needs a secret that is not there.',
    message: ({ service, parameter }) => `the service ${service} needs the secret ${parameter}, which is not in Vault`,
    next: () => 'Bootstrap the hardened stack again (palisade up); it writes the secrets that are missing.',
  },
  'rabbitmq/configuration-unknown': {
    exit: 2,
    summary: 'The configuration of a server could not be read, so that it cannot be run as a host process.',
    message: ({ service, reason }) => `the configuration of the service ${service} is not known: ${reason}`,
    next: () => 'Mount a rabbitmq.conf that the server takes, without advanced.config, and try again.',
  },
});
