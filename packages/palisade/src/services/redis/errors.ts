import { defineErrors } from '../../support/errors.ts';

interface RedisErrors {
  'redis/not-reachable': { service: string; reason: string };
  'redis/protocol': { reason: string };
  'redis/client-failed': { service: string; reason: string };
  'redis/server-not-installed': { service: string };
  'redis/parameter-unresolved': { service: string; parameter: string };
  'redis/file-unreadable': { file: string; reason: string };
}

/** The errors of the kind `redis`. */
export const { error, definitions } = defineErrors<RedisErrors>({
  'redis/not-reachable': {
    exit: 3,
    summary: 'The server could not be asked at all.',
    message: ({ service, reason }) => `Redis of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'redis/protocol': {
    exit: 3,
    summary: 'A server answered something that is not RESP, the protocol of Redis.',
    message: ({ reason }) => `the server does not speak the protocol of Redis: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'redis/client-failed': {
    exit: 3,
    summary: 'redis-cli ended with an error, or the server refused a command of the administrator.',
    message: ({ service, reason }) => `a command failed in the service ${service}: ${reason}`,
    next: () => 'Mend what the server said and run the command again; what was applied stays and is not applied twice.',
  },
  'redis/server-not-installed': {
    exit: 2,
    summary: 'The process runtime found no server program on this machine.',
    message: ({ service }) => `no redis-server was found for the service ${service}`,
    next: () =>
      'Install it (Debian: apt-get install redis-server redis-tools), or run the stack with a container engine.',
  },
  'redis/parameter-unresolved': {
    exit: 3,
    summary: 'A statement needs a secret that is not there.',
    message: ({ service, parameter }) => `the service ${service} needs the secret ${parameter}, which is not in Vault`,
    next: () => 'Bootstrap the hardened stack again (palisade up); it writes the secrets that are missing.',
  },
  'redis/file-unreadable': {
    exit: 2,
    summary: 'A configuration file of the stack could not be read.',
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    next: () => 'Put the file where the Compose file says, readable for you, and try again.',
  },
});
