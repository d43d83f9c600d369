import { join } from 'node:path';
import { kinds } from '../catalog.generated.ts';
import type { Runtime } from '../contracts/runtime.ts';
import type { Stack } from '../contracts/stack.ts';
import { createProcessRuntime } from '../runtime/process/index.ts';
import { readState } from '../runtime/process/state.ts';
import { createPublishedRuntime } from '../runtime/published/index.ts';
import type { JobContext } from './context.ts';

/** Palisade's own directory in a project. */
export const stateDirectoryOf = (directory: string): string => join(directory, '.palisade');

/** Where the process runtime of a project keeps what it runs. */
export const runtimeDirectoryOf = (directory: string): string => join(stateDirectoryOf(directory), 'runtime');

/** The process runtime of a stack. */
export const openProcessRuntime = (stack: Stack, context: JobContext): Runtime =>
  createProcessRuntime({
    stack,
    kinds,
    stateDirectory: runtimeDirectoryOf(stack.directory),
    programDirectories: context.programDirectories,
    clock: context.clock,
    random: context.random,
  });

/** True where `palisade up` has been in a project. */
export const wasStarted = (directory: string): boolean => readState(runtimeDirectoryOf(directory)) !== undefined;

/**
 * Where the stack runs: the process runtime where `palisade up` has been here, else whatever answers on the ports that
 * the Compose file publishes.
 */
export const openRuntime = (stack: Stack, context: JobContext): Runtime =>
  wasStarted(stack.directory) ? openProcessRuntime(stack, context) : createPublishedRuntime({ stack });
