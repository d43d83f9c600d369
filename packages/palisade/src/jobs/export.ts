import { type KongFile, renderKong } from '../services/nginx/kong/index.ts';
import type { ExitCode } from '../support/errors.ts';
import type { ResultContext } from './context.ts';
import { type ProjectOptions, openProject } from './project.ts';

/**
 * The job behind `palisade export`: what Palisade knows of a project, in the words of another tool. Changes nothing.
 *
 * @throws `nginx/none-to-export`, `nginx/several-to-export`, `nginx/not-exportable`
 */
export const exportProject = async (
  options: ProjectOptions & { readonly what: KongFile; readonly service?: string | undefined },
  context: ResultContext,
): Promise<ExitCode> => {
  await context.result(renderKong(await openProject(options, context), options.what, options.service));
  return 0;
};
