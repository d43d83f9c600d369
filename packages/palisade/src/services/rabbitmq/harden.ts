import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment, setEnvironment, setServiceKey } from '../../model/edits.ts';
import { writeFile } from '../../model/file-changes.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { leadToTls } from '../../model/published-ports.ts';
import { mountOwn, startThroughInitScript } from '../../model/hardened-service.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { administrator } from './accounts.ts';
import { hasOpenPlugin, managementPort, renderConfiguration, renderPlugins, tlsPort } from './configuration.ts';
import { consumersOf } from './consumers.ts';
import { imageAccount, isKnownVersion, isOfficialImage } from './image.ts';
import { configurationDirectory, dataDirectory, pluginsOf, readSettings, settingsBelow } from './posture.ts';
import { isTopologyKnown, renderDefinitions } from './topology.ts';

const initScript = '/init/init-approle.sh';

/** True where the service is a node of a cluster, or is told how to become one. */
const isClustered = (stack: Stack, service: Service): boolean =>
  settingsBelow(readSettings(stack, service), 'cluster_formation').length > 0;

/**
 * True where the hardened posture can be written: a single node of an official image since 3.10 whose configuration, plugins and
 * definitions could be read, and nobody who is named like the administrator.
 */
export const canHarden = (stack: Stack, service: Service): boolean =>
  isOfficialImage(service) &&
  isKnownVersion(service) &&
  readSettings(stack, service).state === 'known' &&
  pluginsOf(stack, service) !== undefined &&
  isTopologyKnown(stack, service) &&
  !hasOpenPlugin(stack, service) &&
  !isClustered(stack, service) &&
  !consumersOf(stack, service).some(({ name }) => name === administrator);

/** Where the resolver of the Erlang machine reads the node's own name: nodes are called by it, and listen on loopback alone. */
const resolverFile = (service: Service): string => `/dev/shm/palisade-${service.name}/inetrc`;

/**
 * Writes the cookie, by which administrators and nodes know each other, where the server and its tools look for it, and the name of
 * the node as one of loopback.
 */
const prepareNode = `home=\${HOME:-${dataDirectory}}
rm -f -- "$home/.erlang.cookie"
(set -C; printf %s "$field_cookie" > "$home/.erlang.cookie") || die "cannot write below $home"
chmod 0400 "$home/.erlang.cookie"
IFS= read -r node < /proc/sys/kernel/hostname || die 'the node has no name'
case $node in
  '' | *[!A-Za-z0-9._-]*) die 'the name of the node cannot be used' ;;
esac
printf '{host, {127,0,0,1}, ["%s"]}.\\n{lookup, [file, native]}.\\n' "$node" > "$directory/inetrc" || die "cannot write below $directory"
unset home node
`;

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const script = renderInitScript({
    service: name,
    secretPath: name,
    fields: { cookie: { as: 'file', variable: 'PALISADE_COOKIE_FILE' } },
    prepare: prepareNode,
  });
  return [
    ...writeFile(stack, `config/${name}/rabbitmq.conf`, renderConfiguration(stack, service), 0o644),
    ...writeFile(stack, `config/${name}/enabled_plugins`, renderPlugins(stack, service), 0o644),
    ...writeFile(stack, `config/${name}/definitions.json`, renderDefinitions(stack, service), 0o644),
    ...writeFile(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
  ];
};

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  // A cookie of the project is known to all who read it.
  return mountOwn(
    stack,
    service,
    [
      [`./config/${name}`, configurationDirectory],
      [`./certs/${name}/server`, '/certs'],
      [`./scripts/${name}/init-approle.sh`, initScript],
    ],
    (target) => target === `${dataDirectory}/.erlang.cookie`,
  );
};

const dropped = [
  'RABBITMQ_DEFAULT_USER',
  'RABBITMQ_DEFAULT_PASS',
  'RABBITMQ_DEFAULT_VHOST',
  'RABBITMQ_ERLANG_COOKIE',
  'RABBITMQ_NODE_PORT',
  'RABBITMQ_NODE_IP_ADDRESS',
  'RABBITMQ_CONFIG_FILE',
  'RABBITMQ_ENABLED_PLUGINS_FILE',
  'RABBITMQ_DIST_PORT',
] as const;

const environment = (stack: Stack, service: Service): readonly ComposeEdit[] => [
  ...dropped.flatMap((name) => removeEnvironment(stack, service, name)),
  ...setEnvironment(stack, service, 'ERL_EPMD_ADDRESS', '127.0.0.1'),
  // A dump of a crash would hold the cookie and messages.
  ...setEnvironment(stack, service, 'ERL_CRASH_DUMP_SECONDS', '0'),
  ...setEnvironment(stack, service, 'ERL_INETRC', resolverFile(service)),
  ...setEnvironment(stack, service, 'RABBITMQ_CTL_ERL_ARGS', '-kernel inet_dist_use_interface {127,0,0,1}'),
];

/** Publishes the TLS ports where the plain ones were published. */
const ports = (stack: Stack, service: Service): readonly ComposeEdit[] => [
  ...leadToTls(stack, service, 5672, tlsPort),
  ...leadToTls(stack, service, 15_672, managementPort),
];

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => [
  // The data of a node stands under its name, which would else be another one in every new container.
  ...(service.keys.has('hostname') ? [] : setServiceKey(stack, service, ['hostname'], service.name)),
  ...startThroughInitScript(stack, service, {
    account: imageAccount(service),
    initScript,
    command: ['rabbitmq-server'],
    alive: ['CMD', 'rabbitmq-diagnostics', '-q', 'check_port_listener', String(tlsPort)],
  }),
];

/**
 * The hardened posture of a node in files: configuration, plugins, definitions, init script, and the Compose edits that put them in
 * place. Nothing where `canHarden` says no. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  canHarden(stack, service)
    ? [
        ...files(stack, service),
        ...mounts(stack, service),
        ...vaultAccess(stack, service),
        ...environment(stack, service),
        ...ports(stack, service),
        ...start(stack, service),
      ]
    : [];
