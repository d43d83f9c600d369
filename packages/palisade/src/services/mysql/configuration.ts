import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { tlsSuites } from '../../support/tls-suites.ts';
import { consumersOf } from './consumers.ts';
import { productOf } from './image.ts';
import { accountConnections, serverConnections } from './limits.ts';
import { quoteValue } from './option-file.ts';
import { dataDirectory, optionsOf, settingsOf, valueOf } from './posture.ts';

/** Where the option file of the hardened posture stands in the container: where the image reads it last. */
export const configurationPath = (service: Service): string =>
  productOf(service) === 'mariadb' ? '/etc/mysql/mariadb.conf.d/zz-palisade.cnf' : '/etc/mysql/conf.d/zz-palisade.cnf';

/** The tmpfs in which the init script leaves what the administrator logs in with. */
export const runtimeDirectory = ({ name }: Service): string => `/dev/shm/palisade-${name}`;

/** Options that the hardened posture decides, or that only weaken it. */
const dropped =
  /^(?:ssl(?:_.*)?|tls_.*|require_secure_transport|skip_grant_tables|skip_networking|bind_address|socket|pid_file|user|general_log.*|log|log_raw|log_output|log_error|log_error_verbosity|log_warnings|local_infile|secure_file_priv|max_connections|max_user_connections|max_connect_errors|connect_timeout|skip_name_resolve|skip_show_database|skip_host_cache|host_cache_size|init_file|init_connect|old_passwords|old|secure_auth|mysqlx.*|symbolic_links|default_authentication_plugin|authentication_policy|mysql_native_password|auto_generate_certs|allow_suspicious_udfs|automatic_sp_privileges|core_file|chroot|server_audit.*|plugin_maturity|.*_password)$/;

type Lines = readonly (readonly [name: string, value: string])[];

const transport: Lines = [
  ['ssl_ca', '/certs/ca.pem'],
  ['ssl_cert', '/certs/cert.pem'],
  ['ssl_key', '/certs/key.pem'],
  ['tls_version', 'TLSv1.2,TLSv1.3'],
  ['ssl_cipher', tlsSuites.join(':')],
  ['require_secure_transport', 'ON'],
];

const access = (service: Service): Lines => [
  // Names would make the name service a part of every login; accounts name addresses.
  ['skip_name_resolve', 'ON'],
  ['local_infile', 'OFF'],
  ...(productOf(service) === 'mariadb'
    ? // MariaDB cannot turn the access off; the directory is empty and nobody may write to it.
      [['secure_file_priv', `${runtimeDirectory(service)}/files`] as const]
    : ([
        ['secure_file_priv', 'NULL'],
        ['auto_generate_certs', 'OFF'],
        // The X protocol is a second port with logins of its own.
        ['mysqlx', 'OFF'],
      ] as const)),
];

const limits = (stack: Stack, service: Service): Lines => {
  const setting = settingsOf(stack, service);
  const own = (name: string): number => Number(valueOf(setting(name), '')) || Infinity;
  const all = Math.min(own('max_connections'), serverConnections);
  // A third of a small server stays for the others.
  const account = Math.max(1, Math.min(own('max_user_connections'), accountConnections, Math.floor((all * 2) / 3)));
  return [
    ['max_connections', String(all)],
    ['max_user_connections', String(account)],
    ['connect_timeout', '10'],
  ];
};

/** MariaDB's plug-in records logins, changes of data, of structure and of rights, and puts `*****` for passwords. */
const audit = (stack: Stack, service: Service): Lines => [
  ['plugin_load_add', 'server_audit'],
  ['server_audit', 'FORCE_PLUS_PERMANENT'],
  ['server_audit_logging', 'ON'],
  ['server_audit_events', 'CONNECT,QUERY_DDL,QUERY_DCL,QUERY_DML_NO_SELECT'],
  ['server_audit_output_type', 'file'],
  ['server_audit_file_path', `${dataDirectory(stack, service)}/server_audit.log`],
  ['server_audit_file_rotate_size', '10485760'],
  ['server_audit_file_rotations', '9'],
];

const logging = (service: Service): Lines => [
  ['general_log', 'OFF'],
  ...(productOf(service) === 'mariadb'
    ? ([['log_warnings', '2']] as const)
    : ([
        ['log_raw', 'OFF'],
        // With notes, the error log tells of every refused login.
        ['log_error_verbosity', '3'],
      ] as const)),
];

/** Groups that some server or its starter reads: one for another version would count again after an upgrade. */
const ofServers = /^(?:mysqld|mariadbd?|server|client-server|galera|embedded)/;

/** Options of other programs in the user's files, group by group, without passwords. */
const othersOf = (stack: Stack, service: Service): string => {
  const read = optionsOf(stack, service);
  const others = (read.state === 'known' ? read.others : []).filter(
    ({ name, group }) => !ofServers.test(group) && !/password|ssl|^socket$/.test(name),
  );
  return [...new Set(others.map(({ group }) => group))]
    .map(
      (group) =>
        `\n[${group}]\n${others
          .filter((option) => option.group === group)
          .map(({ written, value }) => `${written}=${quoteValue(value)}\n`)
          .join('')}`,
    )
    .join('');
};

/**
 * The hardened option file. Options of the user's that neither it decides nor weaken it (character sets, memory,
 * replication) are carried over, from files and command line, and come first, because the last one wins.
 */
export const renderConfiguration = (stack: Stack, service: Service): string => {
  const read = optionsOf(stack, service);
  const kept = (read.state === 'known' ? read.options : []).filter(
    ({ name, value }) =>
      // In the network of the host, the address decides who may connect: it stays as narrow as the user has it.
      (!dropped.test(name) || (name === 'bind_address' && sharesHostNetwork(stack, service))) &&
      !(name.startsWith('plugin_load') && /server_audit/.test(value)),
  );
  const sections: readonly (readonly [title: string, lines: Lines])[] = [
    [
      'As before',
      kept.map(({ name, written, value }) => [/^loose[-_]/.test(written) ? `loose_${name}` : name, quoteValue(value)]),
    ],
    ['TLS alone', transport],
    ['Neither files nor other protocols', access(service)],
    ['Limits', limits(stack, service)],
    ...(productOf(service) === 'mariadb' ? [['Audit', audit(stack, service)] as const] : []),
    ['Logs without statements, and so without passwords', logging(service)],
  ];
  const notes = consumersOf(stack, service)
    .map(({ name, database }) => `# Consumer ${name} uses the database ${database}\n`)
    .join('');
  return `# ${service.name} in its production posture. Written by Palisade.
${notes}
[mysqld]
${sections
  .filter(([, lines]) => lines.length > 0)
  .map(([title, lines]) => `# ${title}.\n${lines.map(([name, value]) => `${name}=${value}\n`).join('')}`)
  .join('\n')}${othersOf(stack, service)}`;
};
