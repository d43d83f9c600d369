import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Images whose configuration lies where the official image has it. */
const officialFamily = /^(?:(?:library\/)?nginx|nginxinc\/nginx-unprivileged|nginx\/nginx-unprivileged)$/;

/** Companions, and programs that write nginx's configuration themselves. */
const companion = /exporter|proxy-manager|nginx-proxy|ingress|agent|controller|certbot|amplify|njs|unit$/;

/** How sure the kind is that a service is an nginx that reads a configuration of the user. */
export const matches = ({ name, image, build, program }: KindHints): 0 | 1 | 2 => {
  if ([name, image, build].some((text) => text !== undefined && companion.test(text))) return 0;
  const last = image?.split('/').at(-1);
  if (last === 'nginx' || last === 'nginx-unprivileged') return 2;
  if (program === 'nginx' || program === 'nginx-debug') return 2;
  return image === undefined && (build === 'nginx' || (build !== undefined && name === 'nginx')) ? 1 : 0;
};

/** True for the official image and its unprivileged variant, whose files and entry point are known. */
export const isOfficialImage = ({ image, build }: Service): boolean =>
  build === undefined && image !== undefined && officialFamily.test(image.value.repository);

/** True for the image that runs as its own account and listens on 8080. */
export const isUnprivilegedImage = ({ image }: Service): boolean =>
  image?.value.repository.endsWith('-unprivileged') === true;

/** User and group of the account `nginx` in the official images. */
export const imageAccount = { uid: 101, gid: 101 } as const;

/** Major and minor version that the tag names, as one number: 1.29 is 1029; undefined for `latest`, `stable` and builds. */
export const versionOf = ({ image }: Service): number | undefined => {
  const found = /^(\d+)\.(\d+)(?:[.-]|$)/.exec(image?.value.tag ?? '');
  return found === null ? undefined : Number(found[1]) * 1000 + Number(found[2]);
};
