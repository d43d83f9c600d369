import { registeredTlsSuites } from '../../support/tls-suites.ts';
import type { ConfigurationDocument } from './configuration.ts';
import { asBoolean, asText, blocksOf, entryOf } from './hcl/read.ts';
import { quote, render } from './hcl/render.ts';
import type { Body, Entry } from './hcl/syntax.ts';
import { type Product, apiPort, clusterPort, imageLayout } from './matching.ts';

/** Where the server's certificate is in the container. */
export const certificateDirectory = '/certs';

/** One audit device, as both servers take its options. */
export interface AuditDeviceDefinition {
  readonly path: string;
  readonly type: 'file';
  readonly description: string;
  readonly options: { readonly [name: string]: string };
}

/**
 * The two audit devices of the hardened posture: a file that stays, and standard output, which the engine's log driver
 * collects. They fail for different reasons, so that one of them still writes when the disk is full. There is no syslog
 * in a container.
 */
export const auditDevices = (product: Product): readonly [AuditDeviceDefinition, AuditDeviceDefinition] => [
  {
    path: 'main',
    type: 'file',
    description: 'The record that stays',
    options: { file_path: `${imageLayout(product).logs}/audit.log`, mode: '0600' },
  },
  {
    path: 'collected',
    type: 'file',
    description: 'The record that the log collector takes away',
    options: { file_path: 'stdout' },
  },
];

/** What the hardened posture decides itself; every other setting of an existing configuration is kept. */
const managed = new Set([
  'ui',
  'log_level',
  'api_addr',
  'cluster_addr',
  'listener',
  'disable_mlock',
  'audit',
  // Both show what is in storage or memory to whoever has a token for it.
  'raw_storage_endpoint',
  'introspection_endpoint',
]);

const secretKey = /password|passwd|secret|token|credential|(?:^|_)(?:pin|key)$|connection_url|access_key/i;

/** True where a setting holds a secret by its name, so that it must not be copied into a plan. */
const carriesSecret = ({ key, value }: Entry): boolean =>
  value.kind === 'object'
    ? value.body.some(carriesSecret)
    : secretKey.test(key) ||
      (value.kind === 'list' && value.items.some((item) => item.kind === 'object' && item.body.some(carriesSecret)));

const nowhere = { line: 0, column: 0 } as const;

/** A block of texts. */
const blockOf = (key: string, labels: readonly string[], settings: { readonly [name: string]: string }): Entry => ({
  key,
  labels,
  at: nowhere,
  value: {
    kind: 'object',
    at: nowhere,
    body: Object.entries(settings).map(([name, text]) => settingOf(name, text)),
  },
});

const settingOf = (key: string, text: string): Entry => ({
  key,
  labels: [],
  at: nowhere,
  value: { kind: 'string', text, at: nowhere },
});

/** The storage that is there, unless it is memory, which keeps nothing. */
const ownStorage = (entries: Body): Body =>
  entries.filter(
    (entry) =>
      (entry.key === 'storage' || entry.key === 'backend') &&
      blocksOf([entry], entry.key, 1).every(({ labels }) => !(labels[0] ?? '').startsWith('inmem')),
  );

/** A certificate of the user's own, where the existing configuration has one in use. */
const ownCertificate = (documents: readonly ConfigurationDocument[]): Body | undefined => {
  for (const { body } of documents)
    for (const { labels, body: listener } of blocksOf(body, 'listener', 1)) {
      const off = entryOf(listener, 'tls_disable');
      if (labels[0] !== 'tcp' || (off !== undefined && asBoolean(off.value) !== false)) continue;
      const certificate = entryOf(listener, 'tls_cert_file');
      const key = entryOf(listener, 'tls_key_file');
      if (certificate !== undefined && key !== undefined) return [certificate, key];
    }
  return undefined;
};

/**
 * The host part of the address of the first TCP listener, the server's default where it names none; undefined without a
 * listener. Source: manual of Vault, listener "tcp", `address`.
 */
export const ownListenHost = (documents: readonly ConfigurationDocument[]): string | undefined => {
  const listener = documents
    .flatMap(({ body }) => blocksOf(body, 'listener', 1))
    .find(({ labels }) => labels[0] === 'tcp');
  if (listener === undefined) return undefined;
  const entry = entryOf(listener.body, 'address');
  const host = entry === undefined ? undefined : asText(entry.value)?.replace(/:\d*$/, '');
  return host ?? '127.0.0.1';
};

const auditBlocks = (product: Product): string =>
  auditDevices(product)
    .map(
      ({ path, type, description, options }) => `audit ${quote(type)} ${quote(path)} {
  description = ${quote(description)}
  options {
${Object.entries(options)
  .map(([name, value]) => `    ${name} = ${quote(value)}\n`)
  .join('')}  }
}
`,
    )
    .join('\n');

/** What a hardened configuration is made from. */
export interface HardenedOptions {
  readonly service: string;
  readonly product: Product;
  /** The host address of the listener; every address of the container where none is given. */
  readonly listenHost?: string | undefined;
  /** The configuration so far; empty for a development server. */
  readonly documents: readonly ConfigurationDocument[];
}

/** A hardened configuration. */
export interface HardenedConfiguration {
  readonly text: string;
  /** True where it refers to the certificate that Palisade issues, and not to one of the user's own. */
  readonly issuedCertificate: boolean;
  /** True where the storage is new: raft below the image's storage directory. */
  readonly newStorage: boolean;
}

/**
 * The configuration of the hardened posture. Settings of an existing one that it does not decide itself are kept, its
 * storage above all: data does not move by itself. Undefined where a kept setting holds a secret, which must not be
 * copied into a plan; a person has to edit that file.
 */
export const hardenedConfiguration = ({
  service,
  product,
  documents,
  listenHost = '0.0.0.0',
}: HardenedOptions): HardenedConfiguration | undefined => {
  const entries = documents.flatMap(({ body }) => body).filter(({ key }) => !managed.has(key));
  if (entries.some(carriesSecret)) return undefined;
  const present = ownStorage(entries);
  const kept = entries.filter(({ key }) => key !== 'storage' && key !== 'backend');
  const storage =
    present.length > 0
      ? present
      : [blockOf('storage', ['raft'], { path: imageLayout(product).storage, node_id: service })];
  const certificate = ownCertificate(documents) ?? [
    settingOf('tls_cert_file', `${certificateDirectory}/cert.pem`),
    settingOf('tls_key_file', `${certificateDirectory}/key.pem`),
  ];
  const text = `# Production configuration of ${service}, written by Palisade.

ui = false
log_level = "info"

api_addr = "https://${service}:${apiPort}"
cluster_addr = "https://${service}:${clusterPort}"
${
  product === 'openbao'
    ? ''
    : `
# Raft maps its database into memory, and locking that would take as much real memory as there is data. Swap is kept
# off the container instead (memswap_limit). So the container needs no IPC_LOCK.
disable_mlock = true
`
}
${render(storage)}
listener "tcp" {
  address = ${quote(`${listenHost}:${apiPort}`)}
  cluster_address = ${quote(`${listenHost}:${clusterPort}`)}
${render(certificate, '  ')}  tls_min_version = "tls12"
  tls_cipher_suites = "${registeredTlsSuites.join(',')}"

  # Slow or endless requests must not hold connections.
  max_request_duration = "60s"

  telemetry {
    unauthenticated_metrics_access = false
  }
  profiling {
    unauthenticated_pprof_access = false
  }
}

# OpenBao takes its audit devices from here. Vault warns that it does not know them, and gets the same two through its
# API when it is set up. Two, because a server whose only device fails stops serving.
${auditBlocks(product)}${kept.length === 0 ? '' : `\n# Kept from the configuration before.\n${render(kept)}`}`;
  return {
    text,
    issuedCertificate: certificate.some(
      ({ value }) => value.kind === 'string' && value.text.startsWith(`${certificateDirectory}/`),
    ),
    newStorage: present.length === 0,
  };
};
