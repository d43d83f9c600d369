import { join } from 'node:path';
import { kinds } from '../catalog.generated.ts';
import type { Runtime } from '../contracts/runtime.ts';
import type { Stack } from '../contracts/stack.ts';
import { type ComposeRuntime, createComposeRuntime } from '../runtime/compose/index.ts';
import { type ComposeSelection, readSelection } from '../runtime/compose/project.ts';
import { createProcessRuntime } from '../runtime/process/index.ts';
import { readState } from '../runtime/process/state.ts';
import { createPublishedRuntime } from '../runtime/published/index.ts';
import type { JobContext } from './context.ts';

/** Where a stack can be run: on a container engine, or as processes of this host. */
export type RuntimeChoice = Runtime['kind'];

/** What says where a stack is run, as the commands take it. */
export interface RuntimeOptions {
  /** Where absent: the runtime that the project was last started on. */
  readonly runtime?: RuntimeChoice | undefined;
  /** Compose files and profiles of the command line, which a container engine is handed as well. */
  readonly file?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  /** Image with which connections are tried from inside the networks of containers. */
  readonly probeImage?: string | undefined;
}

/** Palisade's own directory in a project. */
export const stateDirectoryOf = (directory: string): string => join(directory, '.palisade');

/** Where the process runtime of a project keeps what it runs. */
export const runtimeDirectoryOf = (directory: string): string => join(stateDirectoryOf(directory), 'runtime');

/** Where the compose runtime remembers what a project was started with. */
export const composeDirectoryOf = (directory: string): string => join(stateDirectoryOf(directory), 'compose');

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

/** The runtime of a stack on a container engine. */
export const openComposeRuntime = (
  stack: Stack,
  context: JobContext,
  options: { readonly selection?: ComposeSelection | undefined; readonly probeImage?: string | undefined } = {},
): ComposeRuntime =>
  createComposeRuntime({
    stack,
    kinds,
    stateDirectory: composeDirectoryOf(stack.directory),
    programDirectories: context.programDirectories,
    environment: context.environment,
    ...options,
    clock: context.clock,
    random: context.random,
  });

/** True where `palisade up` has started processes in a project. */
export const wasStarted = (directory: string): boolean => readState(runtimeDirectoryOf(directory)) !== undefined;

/** The runtime that a project was started on; undefined where it never was. Processes and containers at once: containers. */
export const startedOn = (directory: string): RuntimeChoice | undefined => {
  if (readSelection(composeDirectoryOf(directory)) !== undefined) return 'compose';
  return wasStarted(directory) ? 'process' : undefined;
};

const selectionOf = ({ file, profile }: RuntimeOptions): ComposeSelection | undefined =>
  file === undefined && profile === undefined ? undefined : { files: file, profiles: profile };

/** A runtime that can start and stop the stack: the one asked for, else the one it was started on, else processes. */
export const openOwnRuntime = (stack: Stack, context: JobContext, options: RuntimeOptions = {}): Runtime =>
  (options.runtime ?? startedOn(stack.directory)) === 'compose'
    ? openComposeRuntime(stack, context, { selection: selectionOf(options), probeImage: options.probeImage })
    : openProcessRuntime(stack, context);

/**
 * Where the stack runs: the runtime asked for, else the one that `palisade up` has started it on, else whatever answers on
 * the ports that the Compose file publishes.
 */
export const openRuntime = (stack: Stack, context: JobContext, options: RuntimeOptions = {}): Runtime =>
  options.runtime === undefined && startedOn(stack.directory) === undefined
    ? createPublishedRuntime({ stack })
    : openOwnRuntime(stack, context, options);
