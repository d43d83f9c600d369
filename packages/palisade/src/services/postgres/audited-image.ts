import { relative, resolve, sep } from 'node:path';
import type { Service, Stack } from '../../contracts/stack.ts';
import { isAlpine, majorVersion } from './image.ts';

/** Commits of pgAudit's releases by the major version of PostgreSQL that they are for; a commit cannot be moved. */
const releases: Readonly<Record<number, { readonly version: string; readonly commit: string }>> = {
  14: { version: '1.6.3', commit: 'abdb653a57228c28c52600aefa4852616eb6b0af' },
  15: { version: '1.7.1', commit: '72da89c3fa02f3f2b9f3933214d91ad9c3428467' },
  16: { version: '16.1', commit: 'a81792e8a4ea8f7aaf75bd610fcc4c2f96650bdc' },
  17: { version: '17.1', commit: '538f89a93d8fd0d8913f3d740cacaea7b7eb66d9' },
  18: { version: '18.0', commit: 'f39f8dbb15dc5bd4cbe5f1e5abe0d930ed7593a8' },
};

/** Images that hold pgAudit as they come. */
const withExtension = /^(bitnami(legacy|secure)?\/postgresql|supabase\/postgres|timescale\/timescaledb-ha)$/;

const dockerfileText = (stack: Stack, service: Service): string | undefined => {
  const build = service.build?.value;
  if (build === undefined) return undefined;
  const path = relative(stack.directory, resolve(stack.directory, build.context, build.dockerfile))
    .split(sep)
    .join('/');
  return stack.files.get(path)?.text;
};

/** Repository of the image that the hardened posture builds. */
const builtRepository = 'palisade/postgres';

/**
 * The image that a plain image is extended to: the same with pgAudit, and curl for the init script. Undefined where the
 * service builds an image of its own, which is the user's, or where the release for the version is not known.
 */
export const auditedImage = (service: Service): { readonly dockerfile: string; readonly image: string } | undefined => {
  const image = service.image?.value;
  if (image === undefined || service.build !== undefined || withExtension.test(image.repository)) return undefined;
  const tag = image.tag ?? 'latest';
  const release = releases[majorVersion(service) ?? 0];
  if (!isAlpine(service))
    return {
      image: `${builtRepository}:${tag}`,
      dockerfile: `# The image of the service with pgAudit, which it lacks, and curl for the init script. Written by Palisade.
FROM ${image.text}
USER root
RUN apt-get update \\
 && apt-get install -y --no-install-recommends "postgresql-\${PG_MAJOR}-pgaudit" ca-certificates curl \\
 && rm -rf /var/lib/apt/lists/*
USER postgres
`,
    };
  if (release === undefined) return undefined;
  return {
    image: `${builtRepository}:${tag}`,
    dockerfile: `# The image of the service with pgAudit ${release.version}, which it lacks, and curl for the init script. Written by Palisade.
FROM ${image.text} AS pgaudit
RUN apk add --no-cache gcc krb5-dev libc-dev make openssl-dev
ADD https://github.com/pgaudit/pgaudit.git#${release.commit} /usr/src/pgaudit
RUN make -C /usr/src/pgaudit USE_PGXS=1 with_llvm=no DESTDIR=/out install

FROM ${image.text}
RUN apk add --no-cache curl
COPY --from=pgaudit /out/ /
USER postgres
`,
  };
};

/** True where the hardened service can load pgAudit. */
export const hasAuditExtension = (stack: Stack, service: Service): boolean =>
  withExtension.test(service.image?.value.repository ?? '') ||
  auditedImage(service) !== undefined ||
  /pgaudit/i.test(dockerfileText(stack, service) ?? '');
