import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Words that tell a companion from a server. */
const companion = /exporter|operator|autoscaler|perf-?test|consumer|publisher|worker|client|backup|shovel|admin/;

/** How sure the kind is that a service is a RabbitMQ server. Companions never are. */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  const image = hints.image ?? '';
  if ([image, hints.name, hints.build ?? ''].some((text) => companion.test(text))) return 0;
  if (/(?:^|\/)rabbitmq(?:-server)?$/.test(image)) return 2;
  if (/(?:^|\/)rabbitmq-server$/.test(hints.program ?? '')) return 2;
  if (image !== '') return 0;
  if (hints.build !== undefined && /^rabbitmq$/.test(hints.build)) return 1;
  return hints.ports.some((port) => port === 5672 || port === 5671) ? 1 : 0;
};

/** True where entry point, account and paths of the image are known. */
export const isOfficialImage = (service: Service): boolean =>
  service.image !== undefined && /^(?:library\/)?rabbitmq$/.test(service.image.value.repository);

/** Major and minor version that the tag names; undefined for `latest`, `management` and builds. */
export const versionOf = (service: Service): readonly [major: number, minor: number | undefined] | undefined => {
  const found = /^v?(\d{1,2})(?:\.(\d{1,3}))?(?:[.-]|$)/.exec(service.image?.value.tag ?? '');
  if (found?.[1] === undefined) return undefined;
  return [Number(found[1]), found[2] === undefined ? undefined : Number(found[2])];
};

/** True where the server is of version 4 or later, which offers the mechanism ANONYMOUS; a tag without a number is new. */
export const isFourOrLater = (service: Service): boolean => (versionOf(service)?.[0] ?? 4) >= 4;

/**
 * True where the server knows the files and settings of the hardened posture: definitions at the start, user limits and a
 * limit of connections came by 3.10. Source: RabbitMQ release notes.
 */
export const isKnownVersion = (service: Service): boolean => {
  const [major, minor] = versionOf(service) ?? [4, undefined];
  return major >= 4 || (major === 3 && (minor ?? 13) >= 10);
};

/** True for images that are built on Alpine Linux. */
const isAlpine = (service: Service): boolean => /alpine/.test(service.image?.value.tag ?? '');

/** User and group of the service account. Source: the Dockerfiles of the official images. */
export const imageAccount = (service: Service): { readonly uid: number; readonly gid: number } =>
  isAlpine(service) ? { uid: 100, gid: 101 } : { uid: 999, gid: 999 };

/** Plugins that an image enables where nobody mounts a list. Source: the Dockerfiles of the official images. */
export const imagePlugins = (service: Service): readonly string[] =>
  /management/.test(service.image?.value.tag ?? '')
    ? ['rabbitmq_management', 'rabbitmq_prometheus']
    : ['rabbitmq_prometheus'];

/**
 * Settings in the image's `conf.d`, which come after `rabbitmq.conf` and win. Source: `10-defaults.conf` of the official
 * image.
 */
export const imageSettings: readonly (readonly [name: string, value: string])[] = [
  ['loopback_users.guest', 'false'],
  ['log.console', 'true'],
];
