import type { ImageReference } from '../contracts/stack.ts';

/**
 * Splits an image reference. The first part is a registry where it holds a dot or a colon or is `localhost`.
 * `library/` of the default registry is dropped. Source: distribution/reference, `normalize.go`.
 */
export const parseImage = (text: string): ImageReference => {
  const [name = '', digest] = text.split('@', 2);
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = slash > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = hasRegistry ? first : undefined;
  const path = hasRegistry ? name.slice(slash + 1) : name;
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  const repository = tagged ? path.slice(0, colon) : path;
  const official = registry === undefined || registry === 'docker.io' || registry === 'index.docker.io';
  return {
    text,
    ...(registry === undefined ? {} : { registry }),
    repository: official ? repository.replace(/^library\//, '') : repository,
    ...(tagged ? { tag: path.slice(colon + 1) } : {}),
    ...(digest === undefined || digest === '' ? {} : { digest }),
  };
};
