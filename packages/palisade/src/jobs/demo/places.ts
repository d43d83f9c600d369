import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { error } from '../errors.ts';

/** Where the demo works: in the workspace, because the bundled stack is built from its sources; or beside another stack. */
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
export const demoPlaces = (stack?: string): DemoPlaces => {
  if (stack !== undefined) return { development: resolve(stack), hardened: `${resolve(stack)}-hardened` };
  const root = join(import.meta.dirname, '..', '..', '..', '..', '..');
  const development = join(root, 'stack');
  if (!existsSync(join(development, 'compose.yaml'))) throw error('job/no-bundled-stack', { directory: development });
  return { development, hardened: join(root, 'hardened') };
};
