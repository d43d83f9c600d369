import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { tlsSuites } from '../../support/tls-suites.ts';
import { pooledDatabases, upstreamOf } from './consumers.ts';
import { containerPort, postureOf } from './posture.ts';

/** Where the directory of the configuration stands in the container. */
export const configurationDirectory = '/etc/pgbouncer';

/** Clients at the same time. */
export const clientConnections = 1000;

/** Connections to PostgreSQL for one account on one database. */
export const poolSize = 25;

/** Connections to one database of PostgreSQL, for all accounts together and the questions for verifiers. */
export const databaseConnections = 30;

/** The tmpfs that holds the credentials of a running pooler. */
export const runtimeDirectory = ({ name }: Service): string => `/dev/shm/palisade-${name}`;

/** The account of the console. Its password is made at each start and never leaves the container. */
export const administrator = ({ name }: Service): string => `${name}-admin`;

type Settings = readonly (readonly [name: string, value: string])[];

/** Everywhere in a network of its own; in that of the host, where the address decides who may connect, as the user has it. */
const listenAddress = (stack: Stack, service: Service): string => {
  const posture = sharesHostNetwork(stack, service) ? postureOf(stack, service) : undefined;
  const own =
    posture?.state === 'known' ? posture.ini.settings.findLast(({ name }) => name === 'listen_addr') : undefined;
  return own?.value ?? '*';
};

const sections = (stack: Stack, service: Service): readonly (readonly [title: string, settings: Settings])[] => [
  [
    'Connections: over the network alone',
    [
      ['listen_addr', listenAddress(stack, service)],
      ['listen_port', String(containerPort(stack, service))],
      ['unix_socket_dir', ''],
      ['client_login_timeout', '15'],
      ['query_wait_timeout', '60'],
      ['tcp_keepidle', '60'],
      ['tcp_keepintvl', '10'],
      ['tcp_keepcnt', '6'],
    ],
  ],
  [
    'Who gets in: PostgreSQL is asked for the verifier of a declared consumer, and its login is passed through',
    [
      ['auth_type', 'scram-sha-256'],
      ['auth_file', `${runtimeDirectory(service)}/users.txt`],
      ['auth_query', `SELECT username, verifier FROM palisade."${service.name}"($1)`],
      ['admin_users', administrator(service)],
      ['stats_users', ''],
    ],
  ],
  [
    'TLS with certificates on both sides',
    [
      ['client_tls_sslmode', 'verify-full'],
      ['client_tls_ca_file', '/certs/ca.pem'],
      ['client_tls_cert_file', '/certs/cert.pem'],
      ['client_tls_key_file', '/certs/key.pem'],
      ['client_tls_protocols', 'secure'],
      ['client_tls_ciphers', tlsSuites.join(':')],
      ['server_tls_sslmode', 'verify-full'],
      ['server_tls_ca_file', '/client-certs/ca.pem'],
      ['server_tls_cert_file', '/client-certs/cert.pem'],
      ['server_tls_key_file', '/client-certs/key.pem'],
      ['server_tls_protocols', 'secure'],
      ['server_tls_ciphers', tlsSuites.join(':')],
    ],
  ],
  [
    'Limits',
    [
      ['pool_mode', 'transaction'],
      ['max_client_conn', String(clientConnections)],
      ['default_pool_size', String(poolSize)],
      ['max_db_connections', String(databaseConnections)],
      // A connection that began with an earlier certificate or password does not last.
      ['server_lifetime', '1800'],
      ['server_idle_timeout', '300'],
    ],
  ],
  [
    'What is written down',
    [
      ['log_connections', '1'],
      ['log_disconnections', '1'],
      ['log_pooler_errors', '1'],
      ['verbose', '0'],
    ],
  ],
];

/** Settings of the user's that are carried over: what drivers need, and nothing that weakens. */
const kept = ['ignore_startup_parameters', 'max_prepared_statements', 'query_timeout', 'server_reset_query'];

/** The hardened `pgbouncer.ini`. */
export const renderConfiguration = (stack: Stack, service: Service): string => {
  const upstream = upstreamOf(stack, service);
  const posture = postureOf(stack, service);
  const own = (posture.state === 'known' ? posture.ini.settings : []).filter(({ name }) => kept.includes(name));
  // With auth_user for all, version 1.18 asks for verifiers in the console's database too, where that ends the process.
  // `whyNotHardened` lets plain names through alone, which need no quotes; PgBouncer's parser takes none around them.
  const databases = pooledDatabases(stack, service).map(
    (name) => `${name} = host=${upstream?.name} port=${upstream?.port} dbname=${name} auth_user=${service.name}\n`,
  );
  const blocks = sections(stack, service).map(
    ([title, settings]) =>
      `\n; ${title}.\n${settings.map(([name, value]) => `${name} = ${value}`.trimEnd()).join('\n')}\n`,
  );
  return `; PgBouncer of the service ${service.name} in its production posture. Written by Palisade.
[databases]
${databases.join('')}
[pgbouncer]
${blocks.join('').trimStart()}${
    own.length === 0 ? '' : `\n; As before.\n${own.map(({ name, value }) => `${name} = ${value}\n`).join('')}`
  }`;
};

/**
 * What runs between the init script and the pooler: writes the list of users to the tmpfs. It holds the pooler's own
 * account, with which it asks PostgreSQL, and the console's, whose password is new at each start.
 */
export const renderStartScript = (service: Service): string => `#!/bin/sh
# ${service.name}: writes the pooler's own credentials to the tmpfs, then starts it. Written by Palisade.
# No application's password is among them, and none of them is an argument of a program.
set +x -eu
umask 077

directory=\${PGBOUNCER_PASSWORD_FILE%/*}
password=
IFS= read -r password < "$PGBOUNCER_PASSWORD_FILE" || :
console=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \\n')
[ -n "$password" ] && [ "\${#console}" -eq 64 ] || {
  printf '${service.name} start: the credentials of the pooler are incomplete\\n' >&2
  exit 1
}
printf '"%s" "%s"\\n' '${service.name}' "$password" '${administrator(service)}' "$console" > "$directory/users.txt"
printf '*:*:*:${administrator(service)}:%s\\n' "$console" > "$directory/pgpass"
rm -f -- "$PGBOUNCER_PASSWORD_FILE"
unset password console PGBOUNCER_PASSWORD_FILE
exec "$@"
`;
