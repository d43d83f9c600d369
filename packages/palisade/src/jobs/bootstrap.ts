import { listenerAuthorities, unsealVault } from '../services/vault/bootstrap/index.ts';
import { plural } from '../report/text.ts';
import type { ExitCode } from '../support/errors.ts';
import type { JobContext } from './context.ts';
import { error } from './errors.ts';
import { bringUp } from './hardened/bring-up.ts';
import { takeOver } from './hardened/take-over.ts';
import { connectToVault, listenerDirectoryOf, vaultOf, vaultStateOf } from './hardened/vault-access.ts';
import { readIdentity } from './identity.ts';
import { type RuntimeOptions, openOwnRuntime, startedOn } from './open-runtime.ts';
import { type ProjectOptions, openProject } from './project.ts';

/** What `palisade bootstrap` takes. */
export interface BootstrapProjectOptions extends ProjectOptions, RuntimeOptions {
  readonly recipient?: readonly string[] | undefined;
  /** File of an age identity. */
  readonly identity?: string | undefined;
  readonly demoIdentity: boolean;
}

/**
 * The job behind `palisade bootstrap`: brings a hardened stack up for the first time, or finds that nothing is left to do.
 *
 * @throws `job/no-recipients`, `job/no-vault`, and what the bootstrap throws
 */
export const bootstrapProject = async (options: BootstrapProjectOptions, context: JobContext): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const recipients = options.recipient ?? stack.configuration.recipients;
  if (recipients.length === 0 && !options.demoIdentity && options.identity === undefined)
    throw error('job/no-recipients', { project: stack.name });
  const identity = await readIdentity(options.identity);
  const predecessor = await takeOver(stack, context);
  try {
    const { bootstrap, certificates, statements, services } = await bringUp(
      stack,
      // A copy of a project that ran in containers goes on in containers.
      openOwnRuntime(stack, context, {
        ...options,
        runtime: options.runtime ?? startedOn(stack.directory) ?? predecessor.startedOn,
      }),
      { recipients, ...(identity === undefined ? {} : { identity }), ...predecessor.options },
      context,
    );
    const done = bootstrap.steps.filter(({ outcome }) => outcome === 'done').length;
    context.progress(
      `${plural(done, 'step')} done, ${bootstrap.steps.length - done} unchanged; ${plural(certificates, 'certificate')} issued, ${plural(statements, 'statement')} applied`,
    );
    for (const { service, state, detail } of services)
      if (state !== 'running') context.progress(`${service}: ${state}${detail === undefined ? '' : `: ${detail}`}`);
    return services.some(({ state }) => state === 'failed') ? 3 : 0;
  } finally {
    await predecessor.close();
  }
};

/** The job behind `palisade unseal`. */
export const unsealProject = async (
  options: ProjectOptions & RuntimeOptions & { readonly identity: string },
  context: JobContext,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const vault = vaultOf(stack);
  const identity = await readIdentity(options.identity);
  const authorities = await listenerAuthorities(listenerDirectoryOf(stack, vault));
  const client = connectToVault(
    openOwnRuntime(stack, context, options),
    vault,
    context,
    authorities === '' ? undefined : authorities,
  );
  try {
    const outcome = await unsealVault({
      client,
      stateDirectory: vaultStateOf(stack),
      ...(identity === undefined ? {} : { identity }),
      signal: context.signal,
      clock: context.clock,
    });
    context.progress(outcome === 'done' ? `${vault.name} is unsealed` : `${vault.name} was not sealed`);
    return 0;
  } finally {
    await client.close();
  }
};
