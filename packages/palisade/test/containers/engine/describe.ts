import { after, before, describe } from 'node:test';
import { ensureImages } from '../images/index.ts';
import { type Engine, openEngine } from './index.ts';

/**
 * A group of tests that need a container engine, with the stand-in images that they need. Where none can be started they are
 * reported as skipped, with the reason; they never pass unseen.
 */
export const describeWithEngine = async (
  name: string,
  kinds: readonly string[],
  define: (engine: Engine) => void,
): Promise<void> => {
  const opened = await openEngine();
  if ('missing' in opened) {
    describe(name, { skip: `not run: no Docker engine (${opened.missing})` }, () => undefined);
    return;
  }
  describe(name, { timeout: 900_000 }, () => {
    before(async () => {
      await ensureImages(opened.engine, kinds);
    });
    // After those of the tests themselves, which still need the engine: hooks run in the order of their registration.
    define(opened.engine);
    after(opened.engine.close);
  });
};
