import assert from 'node:assert/strict';
import { type Ended, palisade } from '../../command-line.ts';
import type { Engine } from '../engine/index.ts';
import { type Copies, hardenedCopy } from './hardened.ts';
import { publishOnFreePorts } from './ports.ts';
import { type ComposeProject, composeProject } from './project.ts';

/** The hardened stack, running with its real services. */
export interface RunningStack {
  readonly directory: string;
  readonly project: ComposeProject;
  /** Runs `palisade` in the hardened directory, on the engine of the tests. */
  readonly palisade: (args: readonly string[]) => Promise<Ended>;
  readonly remove: () => Promise<void>;
}

/**
 * Brings the hardened stack up as a user does: `palisade bootstrap --runtime compose`, with a real Vault that is set up from
 * empty.
 *
 * @param project name of the copy's project
 * @param without services that are left out
 */
export const bringUpHardened = async (
  engine: Engine,
  project: string,
  without: readonly string[],
): Promise<RunningStack> => {
  const copies: Copies = await hardenedCopy(project, without);
  const directory = copies.hardened;
  const containers = composeProject(engine, directory, project);
  const run = (args: readonly string[]): Promise<Ended> =>
    palisade(args, { directory, environment: engine.environment, timeout: 300_000 });
  const remove = async (): Promise<void> => {
    await containers.down();
    await engine.docker(['image', 'rm', `${project}-reference-api`]);
    copies.remove();
  };
  try {
    await publishOnFreePorts(directory);
    await engine.ask(['tag', 'dev-services-reference-api', `${project}-reference-api`]);
    const { code, stdout, stderr } = await run(['bootstrap', '--runtime', 'compose', '--demo-identity']);
    assert.equal(code, 0, stdout + stderr);
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, project: containers, palisade: run, remove };
};
