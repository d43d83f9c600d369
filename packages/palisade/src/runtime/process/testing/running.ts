import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Runtime } from '../../../contracts/runtime.ts';
import { type ProcessRuntimeOptions, createProcessRuntime } from '../index.ts';
import { identify } from '../processes.ts';
import { type ServiceSketch, askFake, fakeKind, nodeDirectory, sketchStack, temporaryProject } from '../testing.ts';

// What the tests write is readable to others unless they say otherwise, whatever umask they are run with.
process.umask(0o022);

/** True where the tests may change accounts. */
export const root = process.getuid?.() === 0;
/** A place in a file that does not matter. */
export const at = { file: 'compose.yaml', line: 1, column: 1 };
/** Aborts nothing. */
export const never = new AbortController().signal;
/** Progress that nobody reads. */
export const quiet = (): void => undefined;
/** Milliseconds. */
export const bounds = { start: 10_000, stop: 3000 };

/** The directories of a test. */
export type Project = ReturnType<typeof temporaryProject>;

/** A runtime of fake services in a project. */
export const runtimeOf = (
  project: Project,
  services: Readonly<Record<string, ServiceSketch>>,
  options: Partial<ProcessRuntimeOptions> = {},
): Runtime =>
  createProcessRuntime({
    stack: sketchStack(project.directory, services),
    kinds: [fakeKind(project.script)],
    stateDirectory: project.state,
    programDirectories: [nodeDirectory, '/usr/bin', '/bin'],
    sharedDirectory: join(project.directory, 'shared'),
    bounds,
    ...options,
  });

/** A project whose services are ended and whose files are removed after the test, whatever it did. */
export const projectFor = (context: TestContext): Project => {
  const project = temporaryProject();
  context.after(async () => {
    const file = join(project.state, 'process.json');
    const recorded = existsSync(file) ? Object.keys(JSON.parse(readFileSync(file, 'utf8')).processes) : [];
    const names = Object.fromEntries(recorded.map((name) => [name, {}]));
    await runtimeOf(project, names).down({ signal: never, progress: quiet });
    await project.dispose();
  });
  return project;
};

/** Starts what does not run. */
export const up = (runtime: Runtime, signal: AbortSignal = never, progress: (line: string) => void = quiet) =>
  runtime.up({ signal, progress });

/** Where a service answers. */
export const portOf = (runtime: Runtime, service: string): number => {
  const endpoint = runtime.endpoint(service, 8080);
  assert.ok(endpoint !== undefined, `${service} has no endpoint`);
  return endpoint.port;
};

/** What a fake service says of itself. */
export const ask = (runtime: Runtime, service: string) => askFake(portOf(runtime, service));

/** Whether nothing runs any more that wrote to a log of the project. */
export const processesIn = (project: Project): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && identify(Number(name)) !== undefined)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(project.script);
      } catch {
        return false;
      }
    })
    .map(Number);

const moduleText = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Runs `up` in a process of its own, as the command line does. */
export const supervisor = (project: Project, services: Readonly<Record<string, ServiceSketch>>): ChildProcess => {
  const code = `
    import { createProcessRuntime } from ${moduleText('../index.ts')};
    import { fakeKind, sketchStack } from ${moduleText('../testing.ts')};
    const project = ${JSON.stringify({ ...project })};
    const runtime = createProcessRuntime({
      stack: sketchStack(project.directory, ${JSON.stringify(services)}), kinds: [fakeKind(project.script)],
      stateDirectory: project.state, programDirectories: [${JSON.stringify(nodeDirectory)}], bounds: ${JSON.stringify(bounds)},
    });
    const control = new AbortController();
    process.on('SIGINT', () => control.abort(new Error('interrupted')));
    await runtime.up({ signal: control.signal, progress: (line) => console.log(line) })
      .catch((error) => { console.log(error.message); process.exitCode = 3; });
  `;
  return spawn(process.execPath, ['--conditions=palisade-source', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

/** What a child has written when a line appears; rejects where it ends before. */
export const untilLine = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
    child.once('exit', () => reject(new Error(`ended before ${String(pattern)}: ${text}`)));
  });
