import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { error } from '../errors.ts';

/** Where the demo works: in the workspace, because the bundled stack is built from its sources. */
export interface DemoPlaces {
  /** The bundled development stack; only its `.palisade` directory is written to. */
  readonly development: string;
  /** Its hardened copy, beside it, so that relative paths lead to the same places. */
  readonly hardened: string;
}

/**
 * The places of the demo.
 *
 * @throws `job/no-bundled-stack` where Palisade does not run from its workspace
 */
export const demoPlaces = (): DemoPlaces => {
  const root = join(import.meta.dirname, '..', '..', '..', '..', '..');
  const development = join(root, 'stack');
  if (!existsSync(join(development, 'compose.yaml'))) throw error('job/no-bundled-stack', { directory: development });
  return { development, hardened: join(root, 'hardened') };
};
