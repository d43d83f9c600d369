import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic, Service, Stack } from '../contracts/stack.ts';
import { type LoadOptions, loadStack } from './load.ts';

/** A project of a test in a directory of its own. */
export interface TestProject extends AsyncDisposable {
  readonly directory: string;
  readonly load: (options?: Partial<LoadOptions>) => Promise<Stack>;
}

/** Writes files into a new temporary directory, which goes with the test. A mode is written `{ text, mode }`. */
export const openProject = async (files: {
  readonly [path: string]: string | Uint8Array | { readonly text: string; readonly mode: number };
}): Promise<TestProject> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-model-'));
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(target, isPlain ? content : content.text);
    if (!isPlain) await chmod(target, content.mode);
  }
  return {
    directory,
    load: (options = {}) => loadStack({ directory, environment: {}, kinds: [], ...options }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

/** Loads one Compose text, with the variables of the environment. */
export const loadText = async (
  text: string,
  environment: LoadOptions['environment'] = {},
  more: { readonly [path: string]: string } = {},
): Promise<Stack> => {
  await using project = await openProject({ 'compose.yaml': text, ...more });
  return await project.load({ environment });
};

/** The service of that name. */
export const serviceOf = (stack: Stack, name: string): Service => {
  const service = stack.services.get(name);
  if (service === undefined) throw new Error(`the stack has no service ${name}`);
  return service;
};

/** Diagnostics in short: `error model/yaml-invalid compose.yaml:3`. */
export const shownDiagnostics = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ severity, code, at }) => `${severity} ${code} ${at.file}:${at.line}`);
