import { defineErrors } from '../../support/errors.ts';

interface PgbouncerErrors {
  'pgbouncer/not-reachable': { service: string; reason: string };
  'pgbouncer/protocol': { reason: string };
  'pgbouncer/console-failed': { service: string; reason: string };
  'pgbouncer/not-installed': { service: string; program: string };
  'pgbouncer/file-unreadable': { file: string; reason: string };
}

/** The errors of the kind `pgbouncer`. */
export const { error, definitions } = defineErrors<PgbouncerErrors>({
  'pgbouncer/not-reachable': {
    exit: 3,
    summary: 'The pooler could not be asked at all.',
    message: ({ service, reason }) => `PgBouncer of the service ${service} does not answer: ${reason}`,
    next: ({ service }) => `See that the service ${service} is up (palisade status), then try again.`,
  },
  'pgbouncer/protocol': {
    exit: 3,
    summary: 'A pooler answered something that is not the PostgreSQL protocol, version 3.',
    message: ({ reason }) => `the pooler does not speak the PostgreSQL protocol: ${reason}`,
    next: () => 'See which program listens on the port.',
  },
  'pgbouncer/console-failed': {
    exit: 3,
    summary: 'The administration console gave no usable answer.',
    message: ({ service, reason }) => `the console of PgBouncer in the service ${service} gave no answer: ${reason}`,
    next: () => 'See the log of the service; nothing was changed.',
  },
  'pgbouncer/not-installed': {
    exit: 3,
    summary: 'The process runtime found no PgBouncer, or no psql for its console, on this machine.',
    message: ({ service, program }) => `${program} is not installed for the service ${service}`,
    next: () => 'Install it (Debian: pgbouncer and postgresql-client), or use the Compose runtime.',
  },
  'pgbouncer/file-unreadable': {
    exit: 3,
    summary: 'A configuration file that the pooler needs cannot be read.',
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    next: () => 'See that the file exists and that its owner may read it.',
  },
});
