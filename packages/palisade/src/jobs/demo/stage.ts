import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '../../contracts/runtime.ts';
import type { Stack } from '../../contracts/stack.ts';
import { discardProject } from '../../runtime/compose/volumes.ts';
import { discardRuntime } from '../../runtime/process/discard.ts';
import type { JobContext } from '../context.ts';
import {
  type RuntimeChoice,
  composeDirectoryOf,
  openComposeRuntime,
  openProcessRuntime,
  runtimeDirectoryOf,
  startedOn,
  wasStarted,
} from '../open-runtime.ts';
import { openProject } from '../project.ts';

/** Where the demo runs its two postures. */
export interface Stage {
  readonly open: (stack: Stack) => Runtime;
  /** Removes what an earlier run has left in a directory, running or not, with all data. */
  readonly clear: (directory: string) => Promise<void>;
}

const onProcesses = (context: JobContext): Stage => ({
  open: (stack) => openProcessRuntime(stack, context),
  clear: async (directory) => {
    if (!wasStarted(directory)) return;
    const stack = await openProject({ directory }, context);
    await openProcessRuntime(stack, context).down({ signal: context.signal, progress: () => undefined });
    await discardRuntime(runtimeDirectoryOf(directory));
  },
});

const onEngine = (context: JobContext, probeImage: string | undefined): Stage => ({
  open: (stack) => openComposeRuntime(stack, context, { probeImage }),
  clear: async (directory) => {
    if (startedOn(directory) !== 'compose' || !existsSync(join(directory, 'compose.yaml'))) return;
    const stack = await openProject({ directory }, context);
    await discardProject(openComposeRuntime(stack, context).host, context.signal);
    await rm(composeDirectoryOf(directory), { recursive: true, force: true });
  },
});

/** The stage of a runtime. */
export const stageOf = (
  context: JobContext,
  options: { readonly runtime?: RuntimeChoice | undefined; readonly probeImage?: string | undefined },
): Stage => (options.runtime === 'compose' ? onEngine(context, options.probeImage) : onProcesses(context));
