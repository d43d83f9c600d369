import type { FirewallFormat } from '../firewall/formats.ts';
import { renderFirewall } from '../firewall/index.ts';
import type { ExitCode } from '../support/errors.ts';
import type { ResultContext } from './context.ts';
import { type ProjectOptions, openProject } from './project.ts';

/**
 * The job behind `palisade firewall`: rules for the host that runs a hardened project. Changes nothing; who loads them
 * is the host's administrator.
 *
 * @throws `firewall/no-bridge`, `firewall/bridge-unnamed`, `firewall/bridge-name-invalid`
 */
export const firewallOfProject = async (
  options: ProjectOptions & { readonly format: FirewallFormat },
  context: ResultContext,
): Promise<ExitCode> => {
  await context.result(renderFirewall(await openProject(options, context), options.format));
  return 0;
};
