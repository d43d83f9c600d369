import type { Stack } from '../contracts/stack.ts';
import { readDocuments } from './document.ts';
import type { ReadDocument } from './loading.ts';
import type { MapNode, Node } from './node.ts';

/** What a stack was made from, for the builders of edits. */
export interface Origins {
  /** Every document before extends and merging, in the order of reading. */
  readonly documents: readonly ReadDocument[];
  /** The merged project; absent for a stack that was not loaded by `loadStack`. */
  readonly root?: MapNode;
  /** What services take over from those that they extend, by `inheritanceKey`. */
  readonly inherited: ReadonlyMap<string, Node>;
}

// Kept by the map of sources, which a copy of a stack with other findings or kinds shares.
const known = new WeakMap<Stack['sources'], Origins>();

/** Remembers what a stack was made from. */
export const rememberOrigins = (sources: Stack['sources'], origins: Origins): void => {
  known.set(sources, origins);
};

/** What a stack was made from; parsed anew from its sources where nobody remembers. */
export const originsOf = (stack: Pick<Stack, 'sources'>): Origins => {
  const remembered = known.get(stack.sources);
  if (remembered !== undefined) return remembered;
  const documents = [...stack.sources].flatMap(([file, text]) =>
    readDocuments(
      file,
      text,
      () => undefined,
      () => undefined,
    ).map((root): ReadDocument => ({ file, root, role: 'project' })),
  );
  const origins: Origins = { documents, inherited: new Map() };
  rememberOrigins(stack.sources, origins);
  return origins;
};
