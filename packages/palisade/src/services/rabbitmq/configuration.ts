import type { Service, Stack } from '../../contracts/stack.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { mountedFile } from '../../model/queries.ts';
import { tlsSuites } from '../../support/tls-suites.ts';
import { quoteValue } from './configuration-file.ts';
import { connectionChannels, nodeConnections } from './accounts.ts';
import { consumersOf, rememberedVhost } from './consumers.ts';
import { configurationDirectory, pluginsOf, readSettings, settingsOf, valueOf } from './posture.ts';

/** Ports of the hardened posture, in the container. */
export const tlsPort = 5671;
export const managementPort = 15_671;

/** Plugins of the image that the hardened posture leaves out: metrics without a login. A list of the user's own decides. */
const leftOut = new Set(['rabbitmq_prometheus']);

/** Plugins whose listeners the hardened posture knows to close. */
const openPlugins = new Set([
  'rabbitmq_web_mqtt',
  'rabbitmq_web_stomp',
  'rabbitmq_web_mqtt_examples',
  'rabbitmq_web_stomp_examples',
]);

/** True where a plugin is enabled whose listener cannot be made to ask for client certificates in a file. */
export const hasOpenPlugin = (stack: Stack, service: Service): boolean =>
  (pluginsOf(stack, service) ?? []).some((plugin) => openPlugins.has(plugin));

/** The plugins of the hardened posture. */
export const hardenedPlugins = (stack: Stack, service: Service): readonly string[] => {
  const listed = pluginsOf(stack, service) ?? [];
  const isOwnList = mountedFile(stack, service, `${configurationDirectory}/enabled_plugins`) !== undefined;
  return isOwnList ? listed : listed.filter((plugin) => !leftOut.has(plugin));
};

/** Settings that the hardened posture decides, or that only weaken it. */
const dropped =
  /^(?:listeners\.|num_acceptors\.|ssl_options|ssl_allow|auth_mechanisms|anonymous_login|auth_backends|loopback_users|default_(?:user|pass|permissions|vhost|user_tags)|load_definitions|definitions\.|management\.(?:tcp|ssl|listener|load_definitions)|prometheus\.(?:tcp|ssl)|mqtt\.(?:listeners|allow_anonymous|default_)|stomp\.(?:listeners|default_|implicit_connect)|stream\.listeners|disk_free_limit|vm_memory_high_watermark\.|connection_max|channel_max|handshake_timeout|distribution\.|log\.|proxy_protocol)/;

type Lines = readonly (readonly [name: string, value: string])[];

const versions = (prefix: string): Lines => [
  [`${prefix}.versions.1`, 'tlsv1.3'],
  [`${prefix}.versions.2`, 'tlsv1.2'],
];

/** Erlang has one list for both versions, so those of TLS 1.3 are named as well (RFC 8446, B.4). */
const suites = (prefix: string): Lines =>
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', ...tlsSuites].map(
    (suite, index) => [`${prefix}.ciphers.${index + 1}`, suite] as const,
  );

const identity = (prefix: string): Lines => [
  [`${prefix}.cacertfile`, '/certs/ca.pem'],
  [`${prefix}.certfile`, '/certs/cert.pem'],
  [`${prefix}.keyfile`, '/certs/key.pem'],
  [`${prefix}.verify`, 'verify_peer'],
  [`${prefix}.fail_if_no_peer_cert`, 'true'],
  ...versions(prefix),
  ...suites(prefix),
];

const pluginLines = (plugins: readonly string[]): Lines => [
  ...(plugins.includes('rabbitmq_management')
    ? [['management.ssl.port', String(managementPort)] as const, ...identity('management.ssl')]
    : []),
  ...(plugins.includes('rabbitmq_prometheus')
    ? [['prometheus.ssl.port', '15691'] as const, ...identity('prometheus.ssl')]
    : []),
  ...(plugins.includes('rabbitmq_mqtt')
    ? ([
        ['mqtt.listeners.tcp', 'none'],
        ['mqtt.listeners.ssl.default', '8883'],
        ['mqtt.allow_anonymous', 'false'],
      ] as const)
    : []),
  ...(plugins.includes('rabbitmq_stomp')
    ? ([
        ['stomp.listeners.tcp', 'none'],
        ['stomp.listeners.ssl.default', '61614'],
      ] as const)
    : []),
  ...(plugins.includes('rabbitmq_stream')
    ? ([
        ['stream.listeners.tcp', 'none'],
        ['stream.listeners.ssl.default', '5551'],
      ] as const)
    : []),
];

const tighter = (value: string | undefined, most: number): string => {
  const own = Number(value);
  return String(Number.isInteger(own) && own > 0 && own < most ? own : most);
};

const bytesOf = (text: string): number => {
  const [, digits, unit = ''] = /^(\d+)\s*([kmgt]?)i?b?$/i.exec(text) ?? [];
  const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  return digits === undefined ? Number.NaN : Number(digits) * 1000 ** power;
};

/** Bytes that have to be free at the least, by the text of a setting; NaN where it is no size. */
export const sizeOf = bytesOf;

/** The least free space under which the server stops taking messages in. */
export const leastFree = '2GB';

const limits = (stack: Stack, service: Service): Lines => {
  const setting = settingsOf(stack, service);
  const disk = valueOf(setting('disk_free_limit.absolute'), '') ?? '';
  const relative = Number(valueOf(setting('vm_memory_high_watermark.relative'), ''));
  const absolute = valueOf(setting('vm_memory_high_watermark.absolute'), '') ?? '';
  return [
    ['disk_free_limit.absolute', bytesOf(disk) >= bytesOf(leastFree) ? disk : leastFree],
    absolute === ''
      ? ['vm_memory_high_watermark.relative', relative > 0 && relative < 0.4 ? String(relative) : '0.4']
      : ['vm_memory_high_watermark.absolute', absolute],
    ['connection_max', tighter(valueOf(setting('connection_max'), ''), nodeConnections)],
    ['channel_max', tighter(valueOf(setting('channel_max'), ''), connectionChannels)],
    ['handshake_timeout', '10000'],
  ];
};

/**
 * Listeners at the addresses that the user names, where the service is in the network of the host and they decide who may
 * connect; as they are otherwise.
 */
const atOwnAddresses = (stack: Stack, service: Service, lines: Lines): Lines => {
  const read = readSettings(stack, service);
  if (!sharesHostNetwork(stack, service) || read.state !== 'known') return lines;
  return lines.flatMap(([name, value]): Lines => {
    if (name === 'management.ssl.port') {
      const own = read.settings.findLast((each) => /^management\.(?:tcp|ssl|listener)\.ip$/.test(each.name));
      return [[name, value], ...(own === undefined ? [] : [['management.ssl.ip', own.value] as const])];
    }
    if (!name.endsWith('listeners.ssl.default')) return [[name, value]];
    const prefix = name.slice(0, -'ssl.default'.length);
    const own = read.settings
      .filter((each) => each.name.startsWith(prefix))
      .flatMap((each) => /^(.+):\d+$/.exec(each.value)?.[1] ?? []);
    return [[name, own[0] === undefined ? value : `${own[0]}:${value}`]];
  });
};

/**
 * The hardened `rabbitmq.conf`. Settings of the user's that neither it decides nor weaken it are carried over. Every line is
 * known to the servers from 3.10 to 4.1: what 4.x adds (the mechanism ANONYMOUS by default) is closed by naming the
 * mechanisms, which both know.
 */
export const renderConfiguration = (stack: Stack, service: Service): string => {
  const read = readSettings(stack, service);
  const kept = new Map(
    (read.state === 'known' ? read.settings : [])
      .filter(({ name }) => !dropped.test(name))
      .map(({ name, value }) => [name, quoteValue(value)]),
  );
  const sections: readonly (readonly [title: string, lines: Lines])[] = [
    ['As before', [...kept]],
    [
      'TLS alone, with a client certificate',
      [['listeners.tcp', 'none'], ['listeners.ssl.default', String(tlsPort)], ...identity('ssl_options')],
    ],
    ['Plugins, no less', pluginLines(hardenedPlugins(stack, service))],
    [
      'Who gets in: users with a password, and no guest',
      [
        ['auth_mechanisms.1', 'PLAIN'],
        ['loopback_users.guest', 'true'],
        // With definitions of its own an empty node makes neither guest nor the default vhost.
        ['load_definitions', `${configurationDirectory}/definitions.json`],
      ],
    ],
    [
      'Nodes and administrators talk on loopback alone',
      [
        ['distribution.listener.interface', '127.0.0.1'],
        ['distribution.listener.port_range.min', '25672'],
        ['distribution.listener.port_range.max', '25672'],
      ],
    ],
    ['Limits', limits(stack, service)],
    [
      'Log: who connects, and who is refused',
      [
        ['log.file', 'false'],
        ['log.console', 'true'],
        ['log.console.level', 'info'],
        ['log.connection.level', 'info'],
      ],
    ],
  ];
  const consumers = consumersOf(stack, service).map((consumer) => `${rememberedVhost(consumer)}\n`);
  return `# ${service.name} in its production posture. Written by Palisade.
${consumers.length === 0 ? '' : `\n# Whose messages go where; users and rights are made inside of the server.\n${consumers.join('')}`}${sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, title === 'As before' ? lines : atOwnAddresses(stack, service, lines)] as const)
    .map(([title, lines]) => `\n# ${title}.\n${lines.map(([name, value]) => `${name} = ${value}\n`).join('')}`)
    .join('')}`;
};

/** The list of plugins as the server reads it. */
export const renderPlugins = (stack: Stack, service: Service): string =>
  `[${hardenedPlugins(stack, service).join(',')}].\n`;
