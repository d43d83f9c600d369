import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** The port of PgBouncer's default configuration. */
export const defaultPort = 6432;

/** How sure the kind is that a service is PgBouncer. Exporters and dashboards of it are never taken for one. */
export const matches = ({ name, image, build, program, ports }: KindHints): 0 | 1 | 2 => {
  if ([name, image, build].some((text) => text !== undefined && /exporter|admin|dashboard/i.test(text))) return 0;
  if (/(^|\/)pgbouncer(-\w+)?$/.test(image ?? '') || program === 'pgbouncer') return 2;
  if (image !== undefined) return 0;
  if (build !== undefined && /pgbouncer/i.test(build)) return 1;
  return name === 'pgbouncer' && ports.includes(defaultPort) ? 1 : 0;
};

/** The image that the hardened posture builds. */
const builtRepository = 'palisade/pgbouncer';

/** True for images whose program, account and configuration file are where the hardened posture expects them. */
export const isKnownImage = (service: Service): boolean =>
  service.image !== undefined && /^(edoburu|palisade)\/pgbouncer$/.test(service.image.value.repository);

/** The account `postgres` of the image, as Alpine Linux numbers it. */
export const imageAccount = { uid: 70, gid: 70 } as const;

/** The image with curl, which it lacks, for the init script; undefined where it is extended already or not known. */
export const extendedImage = (
  service: Service,
): { readonly dockerfile: string; readonly image: string } | undefined => {
  const image = service.image?.value;
  if (image === undefined || !isKnownImage(service) || image.repository === builtRepository) return undefined;
  return {
    image: `${builtRepository}:${image.tag ?? 'latest'}`,
    dockerfile: `# The image of the service with curl for the init script, which it lacks. Written by Palisade.
FROM ${image.text}
USER root
RUN apk add --no-cache curl
USER postgres
`,
  };
};
