import { kinds } from '../catalog.generated.ts';
import type { Severity } from '../contracts/control.ts';
import type { Stack } from '../contracts/stack.ts';
import { loadStack } from '../model/index.ts';
import type { JobContext } from './context.ts';

/** Which project, as the commands name it. */
export interface ProjectOptions {
  readonly directory: string;
  /** Compose files, relative to the directory. */
  readonly file?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly threshold?: Severity | undefined;
}

/** Loads the stack of a project; a threshold of the command line replaces the one of `palisade.yaml`. */
export const openProject = async (options: ProjectOptions, context: JobContext): Promise<Stack> => {
  const stack = await loadStack({
    directory: options.directory,
    ...(options.file === undefined ? {} : { files: options.file }),
    ...(options.profile === undefined ? {} : { profiles: options.profile }),
    environment: context.environment,
    kinds,
    readAt: context.clock.now(),
  });
  return options.threshold === undefined
    ? stack
    : { ...stack, configuration: { ...stack.configuration, threshold: options.threshold } };
};
