import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Repositories, or their last parts, that hold a server. */
const servers = new Set([
  'redis',
  'valkey',
  'redis-stack',
  'redis-stack-server',
  'redis-cluster',
  'valkey-cluster',
  'keydb',
]);

const programs = /(?:^|\/)(?:redis|valkey)-server$/;

/** Words that tell a companion from a server. */
const companion = /sentinel|exporter|commander|insight|backup|proxy|twemproxy|browser|client|(?:redis|valkey)-cli/;

/** How sure the kind is that a service is a Redis or Valkey server. Companions and one-off clients never are. */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  const image = hints.image ?? '';
  if ([image, hints.name, hints.build ?? '', hints.program ?? ''].some((text) => companion.test(text))) return 0;
  if (servers.has(image.split('/').at(-1) ?? '')) return 2;
  if (programs.test(hints.program ?? '')) return 2;
  if (image !== '') return 0;
  if (hints.build !== undefined && /^(?:redis|valkey)$/.test(hints.build)) return 1;
  return hints.ports.includes(6379) ? 1 : 0;
};

/** Images that start as the official ones do; others have entry points and paths of their own. */
const officialFamily = /^(?:(?:library\/)?redis|valkey\/valkey|palisade\/(?:redis|valkey))$/;

/** True where entry point, account and paths of the image are known. */
export const isOfficialImage = (service: Service): boolean =>
  service.image !== undefined && officialFamily.test(service.image.value.repository);

/** The server that an image holds; the programs of Valkey have names of their own. */
export const productOf = (service: Service): 'redis' | 'valkey' =>
  /valkey/.test(service.image?.value.repository ?? '') ? 'valkey' : 'redis';

/** Major version that the tag names; undefined for `latest`, `alpine` and builds. */
export const majorVersion = (service: Service): number | undefined => {
  const found = /^v?(\d{1,2})(?:[.-]|$)/.exec(service.image?.value.tag ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
};

/** True for images that are built on Alpine Linux. */
export const isAlpine = (service: Service): boolean => /alpine/.test(service.image?.value.tag ?? '');

/** User and group of the service account. Source: the Dockerfiles of the official images. */
export const imageAccount = (service: Service): { readonly uid: number; readonly gid: number } =>
  isAlpine(service) ? { uid: 999, gid: 1000 } : { uid: 999, gid: 999 };

/**
 * The image extended by curl, which the init script needs and the official ones lack. A service that was extended before
 * keeps its Dockerfile.
 */
export const extendedImage = (
  service: Service,
): { readonly dockerfile: string; readonly image: string } | undefined => {
  const image = service.image?.value;
  if (image === undefined || service.build !== undefined) return undefined;
  const install = isAlpine(service)
    ? 'RUN apk add --no-cache curl'
    : `RUN apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates curl \\
 && rm -rf /var/lib/apt/lists/*`;
  return {
    image: `palisade/${productOf(service)}:${image.tag ?? 'latest'}`,
    dockerfile: `# The image of the service with curl for the init script, which it lacks. Written by Palisade.
FROM ${image.text}
USER root
${install}
USER ${productOf(service)}
`,
  };
};
