import { defineErrors } from '../../support/errors.ts';

interface MongodbErrors {
  'mongodb/not-reachable': { service: string; reason: string };
  'mongodb/protocol': { reason: string };
  'mongodb/command-failed': { service: string; command: string; reason: string };
  'mongodb/server-not-installed': { service: string };
  'mongodb/configuration-unreadable': { file: string; reason: string };
  'mongodb/parameter-unresolved': { service: string; parameter: string };
}

/** The errors of the kind `mongodb`. */
export const { error, definitions } = defineErrors<MongodbErrors>({
  'mongodb/not-reachable': {
    exit: 3,
    summary: 'The server could not be asked at all.',
    message: ({ service, reason }) => `MongoDB of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'mongodb/protocol': {
    exit: 3,
    summary: 'A server answered something that is not the protocol of MongoDB.',
    message: ({ reason }) => `the server does not speak the protocol of MongoDB: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'mongodb/command-failed': {
    exit: 3,
    summary: 'The server refused a command of the administrator, or its client ended with an error.',
    message: ({ service, command, reason }) => `${command} failed in the service ${service}: ${reason}`,
    next: () => 'Mend what the server said and run the command again; what was applied stays and is not applied twice.',
  },
  'mongodb/server-not-installed': {
    exit: 2,
    summary: 'The process runtime found no server program on this machine.',
    message: ({ service }) => `neither mongod (with mongosh) nor ferretdb was found for the service ${service}`,
    next: () =>
      'Run the set-up (npm start), which builds FerretDB, or install MongoDB 8 with mongosh, or use a container engine.',
  },
  'mongodb/configuration-unreadable': {
    exit: 2,
    summary: 'The configuration of a server could not be read, or is no YAML mapping.',
    message: ({ file, reason }) => `${file} cannot be used: ${reason}`,
    next: () => 'Mend the file (mongod.conf is YAML) where the Compose file says, readable for you, and try again.',
  },
  'mongodb/parameter-unresolved': {
    exit: 3,
    summary: 'A statement needs a secret that is not there.',
    message: ({ service, parameter }) => `the service ${service} needs the secret ${parameter}, which is not in Vault`,
    next: () => 'Bootstrap the hardened stack again (palisade up); it writes the secrets that are missing.',
  },
});
