import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { tlsSuites } from '../../support/tls-suites.ts';
import { hasAuditExtension } from './audited-image.ts';
import { parseConfigurationFile, quoteSetting } from './configuration-file.ts';
import { containerFile } from './container-file.ts';
import { dataDirectory, majorVersion } from './image.ts';
import { reservedConnections, serverConnections } from './limits.ts';
import { commandSettings } from './posture.ts';

/** Where the directory of the configuration stands in the container. */
export const configurationDirectory = '/etc/postgresql';

/** Settings that the hardened posture decides, and settings that only weaken it. */
const dropped = new Set([
  'log_statement',
  'log_min_messages',
  'log_min_duration_statement',
  'log_min_error_statement',
  'log_duration',
  'log_parameter_max_length',
  'debug_print_parse',
  'debug_print_plan',
  'debug_print_rewritten',
  'allow_system_table_mods',
  'ssl_ciphers',
  'data_directory',
  'external_pid_file',
  'unix_socket_directories',
  'config_file',
]);

/**
 * True where a setting holds a secret: a password of a connection (`primary_conninfo`), or a parameter of an extension
 * with a telling name. The rendered file is a part of a plan, so it cannot hold one.
 */
const holdsSecret = (name: string, value: string): boolean =>
  /password|passwd|secret|token|passphrase_command$|(?:^|[._])key$/.test(name) ||
  /\bpassword\s*=|\/\/[^\s/:@]*:[^\s@]+@/i.test(value);

type Settings = readonly (readonly [name: string, value: string])[];

const connections: Settings = [
  ['listen_addresses', '*'],
  ['max_connections', String(serverConnections)],
  ['superuser_reserved_connections', String(reservedConnections)],
  ['authentication_timeout', '30s'],
  ['idle_in_transaction_session_timeout', '10min'],
  ['tcp_keepalives_idle', '60s'],
  ['tcp_keepalives_interval', '10s'],
  ['tcp_keepalives_count', '6'],
];

const access: Settings = [
  ['hba_file', `${configurationDirectory}/pg_hba.conf`],
  ['ident_file', `${configurationDirectory}/pg_ident.conf`],
  ['password_encryption', 'scram-sha-256'],
  ['ssl', 'on'],
  ['ssl_cert_file', '/certs/cert.pem'],
  ['ssl_key_file', '/certs/key.pem'],
  ['ssl_ca_file', '/certs/ca.pem'],
  ['ssl_min_protocol_version', 'TLSv1.2'],
  ['ssl_ciphers', tlsSuites.join(':')],
];

const audit: Settings = [
  ['pgaudit.log', 'write, ddl, role'],
  ['pgaudit.log_catalog', 'off'],
  ['pgaudit.log_parameter', 'off'],
];

/** The log is kept in the data directory for a week, one file a day. */
const logging: Settings = [
  ['logging_collector', 'on'],
  ['log_directory', 'log'],
  ['log_filename', 'postgresql-%a.log'],
  ['log_file_mode', '0600'],
  ['log_rotation_age', '1d'],
  ['log_rotation_size', '0'],
  ['log_truncate_on_rotation', 'on'],
  ['log_connections', 'on'],
  ['log_disconnections', 'on'],
  ['log_statement', 'none'],
  ['log_min_messages', 'warning'],
  ['log_min_error_statement', 'error'],
  ['log_min_duration_statement', '-1'],
  ['log_error_verbosity', 'default'],
  ['log_line_prefix', '%m [%p] %q%u@%d/%a from %h '],
  ['log_timezone', 'UTC'],
];

type Section = readonly [title: string, settings: Settings];

const sections = (stack: Stack, service: Service, libraries: readonly string[]): readonly Section[] => {
  const major = majorVersion(service) ?? 15;
  const audited = hasAuditExtension(stack, service);
  const loaded = [...(audited ? ['pgaudit'] : []), ...libraries];
  const record: Settings = [
    ...(loaded.length === 0 ? [] : [['shared_preload_libraries', loaded.join(',')] as const]),
    ...(audited ? audit : []),
    ['log_destination', major >= 15 ? 'jsonlog' : 'csvlog'],
    // Values of bound parameters, which may be anything, stay out of errors.
    ...(major >= 13 ? [['log_parameter_max_length', '0'] as const] : []),
    ...logging,
  ];
  return [
    ['Connections', connections],
    ['Who gets in, and how it is proven', access],
    ['What is written down: failing statements, and what pgAudit records', record],
  ];
};

/** Settings of the user's own, from file and command line, the latter winning as it does in the server. */
const ownSettings = (stack: Stack, service: Service): ReadonlyMap<string, string> => {
  const command = commandSettings(service.command?.value ?? []);
  const path =
    command.findLast(({ name }) => name === 'config_file')?.value ?? `${dataDirectory(service)}/postgresql.conf`;
  const file = containerFile(stack, service, path);
  const written = file.state === 'text' ? parseConfigurationFile(file.text).settings : [];
  return new Map([...written, ...command].map(({ name, value }) => [name, value]));
};

/**
 * The hardened `postgresql.conf`. Settings of the user's that neither it decides nor weaken it (memory, planner,
 * replication) are carried over, a tighter `max_connections` too. What holds a secret is not: it belongs into
 * `postgresql.auto.conf` of the data directory (ALTER SYSTEM), where no file of the project shows it.
 */
export const renderConfiguration = (stack: Stack, service: Service): string => {
  const own = ownSettings(stack, service);
  const libraries = (own.get('shared_preload_libraries') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'pgaudit');
  const decided = sections(stack, service, libraries);
  const names = new Set(decided.flatMap(([, settings]) => settings.map(([name]) => name)));
  const wanted = Number(own.get('max_connections'));
  // In the network of the host, the address decides who may connect: it stays as narrow as the user has it.
  const addresses = sharesHostNetwork(stack, service) ? own.get('listen_addresses') : undefined;
  const effective = (name: string, value: string): string =>
    name === 'listen_addresses'
      ? (addresses ?? value)
      : name === 'max_connections' && wanted > reservedConnections && wanted < serverConnections
        ? String(wanted)
        : value;
  const kept = [...own].filter(([name, value]) => !names.has(name) && !dropped.has(name) && !holdsSecret(name, value));
  const blocks = [
    ...decided.map(
      ([title, settings]) => [title, settings.map(([name, value]) => [name, effective(name, value)] as const)] as const,
    ),
    ...(kept.length === 0 ? [] : [['As before', kept] as const]),
  ];
  return `# PostgreSQL of the service ${service.name} in its production posture. Written by Palisade.
${blocks
  .map(
    ([title, settings]) =>
      `\n# ${title}.\n${settings.map(([name, value]) => `${name} = ${quoteSetting(value)}\n`).join('')}`,
  )
  .join('')}`;
};
