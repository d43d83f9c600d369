import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Which of the two servers of the Vault API an image holds. They differ in paths, in memory locking and in audit devices. */
export type Product = 'vault' | 'openbao';

const images: ReadonlyMap<string, Product> = new Map([
  ['vault', 'vault'],
  ['library/vault', 'vault'],
  ['hashicorp/vault', 'vault'],
  ['hashicorp/vault-enterprise', 'vault'],
  ['openbao/openbao', 'openbao'],
  ['openbao/openbao-ubi', 'openbao'],
  ['openbao/openbao-distroless', 'openbao'],
]);

const builds: ReadonlyMap<string, Product> = new Map([
  ['vault', 'vault'],
  ['openbao', 'openbao'],
  ['bao', 'openbao'],
]);

const programs: ReadonlyMap<string, Product> = new Map([
  ['vault', 'vault'],
  ['bao', 'openbao'],
]);

/** The port of the API. */
export const apiPort = 8200;

/** The port between nodes of a cluster. */
export const clusterPort = 8201;

/** How sure it is that a service is Vault or OpenBao: by image, build context or program; by name or port, weakly. */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  if (hints.image !== undefined && images.has(hints.image)) return 2;
  // An image that is known to be something else may well run `vault agent` in front of it.
  if (hints.image === undefined && hints.program !== undefined && programs.has(hints.program)) return 2;
  if (hints.build !== undefined && builds.has(hints.build)) return 2;
  if (/^(?:hashicorp-)?(?:vault|openbao)(?:-\d+)?$/.test(hints.name) || hints.ports.includes(apiPort)) return 1;
  return 0;
};

/** The server that a service runs; Vault where nothing names one, because OpenBao answers to its names too. */
export const productOf = (service: Service): Product => {
  const image = service.image?.value.repository;
  const context = service.build?.value.context.split('/').at(-1);
  const program = [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].find((word) =>
    /(?:^|\/)(?:vault|bao)$/.test(word),
  );
  return (
    (image === undefined ? undefined : images.get(image)) ??
    (context === undefined ? undefined : builds.get(context)) ??
    (program === undefined ? undefined : programs.get(program.split('/').at(-1) ?? program)) ??
    'vault'
  );
};

/** True where the image is one whose entry point and default command are known. */
export const isOfficialImage = (service: Service): boolean =>
  service.image !== undefined && images.has(service.image.value.repository);

/** What differs between the two servers' official images. Source: their Dockerfiles and docker-entrypoint.sh. */
export interface ImageLayout {
  readonly program: string;
  /** Directory that the entry point gives to `server` as configuration. */
  readonly configuration: string;
  /** Directory for storage; exists in the image and belongs to the service account, so a new volume does too. */
  readonly storage: string;
  /** Directory for audit logs, likewise. */
  readonly logs: string;
}

/** The layout of the official image of a product. */
export const imageLayout = (product: Product): ImageLayout =>
  product === 'openbao'
    ? { program: 'bao', configuration: '/openbao/config', storage: '/openbao/file', logs: '/openbao/logs' }
    : { program: 'vault', configuration: '/vault/config', storage: '/vault/file', logs: '/vault/logs' };

/** User and group of the service account: first system user and first group of Alpine. Source: the Dockerfiles of both. */
export const account = { uid: 100, gid: 1000 } as const;
