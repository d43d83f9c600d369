import type { Control } from '../../contracts/control.ts';
import type { ImageReference } from '../../contracts/stack.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const floating = /^(?:latest|stable|edge|main|master|nightly|dev|rolling|alpine|slim|lts)$/i;

const faultOf = ({ tag, text }: ImageReference): string => {
  if (tag === undefined) return `uses ${text} without a tag, which is whatever \`latest\` is that day`;
  if (floating.test(tag)) return `uses ${text}, a tag that moves`;
  return `uses ${text} without a digest, so the same tag may bring another image`;
};

/** S01: every image is one particular image. */
export const control: Control = {
  id: 'supply/pinned-image',
  aliases: ['S01'],
  title: 'Images are pinned by digest',
  severity: 'medium',
  rationale:
    'A tag can be moved: by its owner, or by whoever takes over the account. A digest names one image, which is the one that was tested and scanned.',
  fix: 'Write the digest behind the tag: `postgres:17.6@sha256:…`; `docker buildx imagetools inspect IMAGE` prints it.',
  references: [cisDocker('5.28'), composeService('image')],
  static: askEachService({
    inapplicable: ({ image, build }) =>
      image === undefined
        ? 'is built here'
        : build === undefined
          ? undefined
          : 'is built here; the image is the name that the result gets',
    sound: 'names its image by digest',
    *faults({ name, image }) {
      if (image === undefined || image.value.digest !== undefined) return;
      yield {
        message: `${name} ${faultOf(image.value)}`,
        at: image.at,
        key: image.value.repository,
        remedy: [
          {
            kind: 'manual',
            instructions: `Pin the image of ${name}: \`docker buildx imagetools inspect ${image.value.text}\` prints the digest to write behind the tag.`,
          },
        ],
      };
    },
  }),
};
