import { defineErrors } from '../../support/errors.ts';

interface PostgresErrors {
  'postgres/password-not-ascii': { role: string };
  'postgres/not-reachable': { service: string; reason: string };
  'postgres/protocol': { reason: string };
  'postgres/psql-failed': { service: string; reason: string };
  'postgres/psql-answer': { service: string; reason: string };
  'postgres/server-not-installed': { service: string };
  'postgres/parameter-unresolved': { service: string; parameter: string };
  'postgres/file-unreadable': { file: string; reason: string };
}

/** The errors of the kind `postgres`. */
export const { error, definitions } = defineErrors<PostgresErrors>({
  'postgres/password-not-ascii': {
    exit: 2,
    summary: 'A password holds characters for which SASLprep (RFC 4013) would be needed.',
    message: ({ role }) => `the password of the role ${role} holds characters outside of printable ASCII`,
    next: () => 'Choose a password of letters, digits and ASCII punctuation; generated ones always are.',
  },
  'postgres/not-reachable': {
    exit: 3,
    summary: 'The server could not be asked at all.',
    message: ({ service, reason }) => `PostgreSQL of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'postgres/protocol': {
    exit: 3,
    summary: 'A server answered something that is not the PostgreSQL protocol, version 3.',
    message: ({ reason }) => `the server does not speak the PostgreSQL protocol: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'postgres/psql-failed': {
    exit: 3,
    summary: 'psql ended with an error.',
    message: ({ service, reason }) => `psql failed in the service ${service}: ${reason}`,
    next: () => 'Nothing of the statement was applied. Mend what the server said and run the command again.',
  },
  'postgres/psql-answer': {
    exit: 3,
    summary: 'psql printed something else than the JSON that was asked for.',
    message: ({ service, reason }) => `psql in the service ${service} gave an answer that cannot be read: ${reason}`,
    next: () => 'See whether a wrapper or a start-up file of psql prints text of its own.',
  },
  'postgres/server-not-installed': {
    exit: 3,
    summary: 'The process runtime found no PostgreSQL server on this machine.',
    message: ({ service }) => `no PostgreSQL server is installed for the service ${service}`,
    next: () => 'Install one (Debian: postgresql and postgresql-15-pgaudit), or use the Compose runtime.',
  },
  'postgres/parameter-unresolved': {
    exit: 3,
    summary: 'A statement names a secret that Vault does not hold.',
    message: ({ service, parameter }) =>
      `a statement for the service ${service} needs the secret ${parameter}, which is empty or missing`,
    next: () => 'Run palisade harden again; it writes missing credentials before it uses them.',
  },
  'postgres/file-unreadable': {
    exit: 3,
    summary: 'A configuration file that the hardened posture needs cannot be read.',
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    next: () => 'See that the file exists and that its owner may read it.',
  },
});
