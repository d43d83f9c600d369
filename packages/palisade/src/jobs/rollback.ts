import { rollback } from '../engine/index.ts';
import { plural } from '../report/text.ts';
import type { ExitCode } from '../support/errors.ts';
import type { JobContext } from './context.ts';

/** The job behind `palisade rollback`. */
export const rollbackProject = async (
  { directory, force }: { readonly directory: string; readonly force: boolean },
  context: JobContext,
): Promise<ExitCode> => {
  const { undone, kept } = await rollback({
    directory,
    force,
    signal: context.signal,
    now: () => new Date(context.clock.now()),
  });
  context.progress(`${plural(undone.length, 'change')} undone in ${directory}`);
  for (const place of kept) context.progress(`what was edited by hand is kept in ${place}`);
  return 0;
};
