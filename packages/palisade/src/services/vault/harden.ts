import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import {
  appendToServiceKey,
  removeEnvironment,
  removeServiceItem,
  removeServiceKey,
  setEnvironment,
  setServiceKey,
  setTopLevelKey,
} from '../../model/edits.ts';
import { writeFile } from '../../model/file-changes.ts';
import { sharesHostNetwork } from '../../model/host-network.ts';
import { memoryEdits } from './memory.ts';
import { startOf } from './arguments.ts';
import type { ContainerFile } from './container-files.ts';
import { type ServerReading, readConfiguration } from './configuration.ts';
import {
  type HardenedConfiguration,
  certificateDirectory,
  hardenedConfiguration,
  ownListenHost,
} from './hardened-configuration.ts';
import { account, apiPort, imageLayout, productOf } from './matching.ts';
import { tokenPlaces } from './tokens.ts';
import { unsealPlaces } from './unseal-keys.ts';

type Edits = readonly ComposeEdit[];

/** Where a new configuration is in the container: apart from the directory that an entry point may want to own. */
const newConfigurationPath = '/etc/palisade/vault.hcl';

/** The one configuration file of the project that the server reads; undefined where there is none, or more. */
const onlyFile = (reading: ServerReading): ContainerFile | undefined => {
  if (reading.state !== 'configured') return undefined;
  const [document, ...others] = reading.documents;
  const source = document?.source;
  return others.length === 0 && source !== undefined && /^(?!\/).*\.hcl$/.test(source.file.path) ? source : undefined;
};

/** Variables that go: tokens, unseal keys, and what would win over the configuration file. */
const overriding = [
  'VAULT_LOCAL_CONFIG',
  'BAO_LOCAL_CONFIG',
  'VAULT_DEV_LISTEN_ADDRESS',
  'BAO_DEV_LISTEN_ADDRESS',
  'VAULT_API_ADDR',
  'BAO_API_ADDR',
  'VAULT_CLUSTER_ADDR',
  'BAO_CLUSTER_ADDR',
  'VAULT_REDIRECT_ADDR',
  'BAO_REDIRECT_ADDR',
  'VAULT_RAFT_PATH',
  'BAO_RAFT_PATH',
  'VAULT_SKIP_VERIFY',
  'BAO_SKIP_VERIFY',
] as const;

const environmentEdits = (stack: Stack, service: Service): Edits => {
  const tokens = tokenPlaces(stack, service).flatMap(({ form, name }) => (form === 'environment' ? [name] : []));
  const keys = unsealPlaces(stack, service).flatMap(({ form, name }) => (form === 'environment' ? [name] : []));
  const gone = new Set([...tokens, ...keys, ...overriding]);
  const wordy = ['VAULT_LOG_LEVEL', 'BAO_LOG_LEVEL'].filter((name) =>
    /^(?:debug|trace)$/i.test(service.environment.get(name)?.value ?? ''),
  );
  const address = `https://localhost:${apiPort}`;
  return [
    ...setEnvironment(stack, service, 'VAULT_ADDR', address),
    ...(service.environment.has('BAO_ADDR') ? setEnvironment(stack, service, 'BAO_ADDR', address) : []),
    ...setEnvironment(stack, service, 'VAULT_CACERT', `${certificateDirectory}/ca.pem`),
    // The entry point may neither change owners nor set capabilities of the program, for it has no rights to.
    ...setEnvironment(stack, service, 'SKIP_CHOWN', 'true'),
    ...setEnvironment(stack, service, 'SKIP_SETCAP', 'true'),
    ...wordy.flatMap((name) => setEnvironment(stack, service, name, 'info')),
    ...[...gone].flatMap((name) => removeEnvironment(stack, service, name)),
  ];
};

/** True where the container sees anything at that path. */
const isMounted = (service: Service, path: string): boolean => service.mounts.some(({ target }) => target === path);

const volumeEdits = (stack: Stack, service: Service, volume: string, target: string): Edits =>
  isMounted(service, target)
    ? []
    : [
        ...(stack.volumes.has(volume) ? [] : setTopLevelKey(stack, ['volumes', volume], null)),
        ...appendToServiceKey(stack, service, ['volumes'], `${volume}:${target}`),
      ];

/** Mounts that go: files with unseal keys or tokens, and scripts that unseal. */
const removedMounts = (stack: Stack, service: Service): Edits => {
  const places = [
    ...unsealPlaces(stack, service).filter(({ form }) => form === 'mount' || form === 'script'),
    ...tokenPlaces(stack, service).filter(({ form }) => form === 'file'),
  ].map(({ at }) => at);
  return service.mounts
    .filter(({ at }) => places.some((place) => place.line === at.line && place.file === at.file))
    .toReversed()
    .flatMap(({ at }) => removeServiceItem(stack, service, 'volumes', at));
};

const mountEdits = (
  stack: Stack,
  service: Service,
  { issuedCertificate, newStorage }: HardenedConfiguration,
  newFile: string | undefined,
): Edits => {
  const { storage, logs } = imageLayout(productOf(service));
  const certificates = `./certs/${service.name}/server:${certificateDirectory}:ro`;
  return [
    ...(newFile === undefined
      ? []
      : appendToServiceKey(stack, service, ['volumes'], `./${newFile}:${newConfigurationPath}:ro`)),
    ...(issuedCertificate && !isMounted(service, certificateDirectory)
      ? appendToServiceKey(stack, service, ['volumes'], certificates)
      : []),
    ...(newStorage ? volumeEdits(stack, service, `${service.name}-storage`, storage) : []),
    ...volumeEdits(stack, service, `${service.name}-logs`, logs),
  ];
};

/** True where the service's own words have to go: they start a development server, or nobody knows what, or unseal. */
const needsNewStart = (stack: Stack, service: Service, newFile: string | undefined): boolean =>
  newFile !== undefined ||
  startOf(stack, service).mode !== 'production' ||
  unsealPlaces(stack, service).some(({ form }) => form === 'command' || form === 'script');

const startEdits = (stack: Stack, service: Service, configuration: string): Edits => {
  const { program } = imageLayout(productOf(service));
  return [
    ...setServiceKey(stack, service, ['command'], [program, 'server', `-config=${configuration}`]),
    ...(service.entrypoint === undefined ? [] : removeServiceKey(stack, service, ['entrypoint'])),
  ];
};

const privilegeEdits = (stack: Stack, service: Service): Edits => [
  ...(service.user === undefined ? setServiceKey(stack, service, ['user'], `${account.uid}:${account.gid}`) : []),
  ...service.capAdd
    .filter(({ value }) => /^(?:CAP_)?IPC_LOCK$/i.test(value))
    .toReversed()
    .flatMap(({ at }) =>
      service.capAdd.length === 1
        ? removeServiceKey(stack, service, ['cap_add'])
        : removeServiceItem(stack, service, 'cap_add', at),
    ),
];

/** The server's own client asks, over TLS and with the name verified; it fails while the server is sealed. */
const healthcheckEdits = (stack: Stack, service: Service): Edits => {
  const test = ['CMD', imageLayout(productOf(service)).program, 'status'];
  return service.healthcheck === undefined
    ? setServiceKey(stack, service, ['healthcheck'], {
        test,
        interval: '10s',
        timeout: '5s',
        retries: 5,
        start_period: '20s',
      })
    : setServiceKey(stack, service, ['healthcheck', 'test'], test);
};

/** Sets before additions before removals, the last ones from the back, so that no index means another entry. */
const inOrder = (edits: Edits): Edits => {
  const rank = { set: 0, append: 1, remove: 2 } as const;
  return edits.toSorted((a, b) => rank[a.edit.op] - rank[b.edit.op]);
};

/**
 * The hardened posture of a Vault or OpenBao service: a configuration with storage, TLS and audit devices, and a
 * Compose service that runs it without privileges and gives nobody a token. Empty where an existing configuration
 * cannot be read, or holds secrets that must not be copied into a plan: then a person has to edit it.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] => {
  const reading = readConfiguration(stack, service);
  if (reading.state === 'unknown') return [];
  const configuration = hardenedConfiguration({
    service: service.name,
    product: productOf(service),
    documents: reading.state === 'configured' ? reading.documents : [],
    // In the network of the host, the address decides who may connect: it stays as narrow as the user has it.
    ...(sharesHostNetwork(stack, service) && reading.state === 'configured'
      ? { listenHost: ownListenHost(reading.documents) }
      : {}),
  });
  if (configuration === undefined) return [];
  const present = onlyFile(reading);
  const path = present?.file.path ?? `config/${service.name}/vault.hcl`;
  const newFile = present === undefined ? path : undefined;
  const seenAt = present?.path ?? newConfigurationPath;
  return [
    ...writeFile(stack, path, configuration.text, 0o644),
    ...inOrder([
      ...(needsNewStart(stack, service, newFile) ? startEdits(stack, service, seenAt) : []),
      ...privilegeEdits(stack, service),
      ...healthcheckEdits(stack, service),
      ...memoryEdits(stack, service),
      ...environmentEdits(stack, service),
      ...mountEdits(stack, service, configuration, newFile),
      ...removedMounts(stack, service),
    ]),
  ];
};
