import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { discardRuntime } from '../../src/runtime/process/discard.ts';
import { copyWorkspace } from '../workspace-copy.ts';

/** One port of a service that runs. */
export interface RunningPort {
  readonly service: string;
  readonly processId: number;
  readonly host: string;
  readonly port: number;
  /** The port that it is in the container. */
  readonly containerPort: number;
}

/** The bundled stack in its hardened posture, in a copy of the workspace. */
export interface HardenedStack {
  readonly ports: readonly RunningPort[];
  /** Reads a file of the project. */
  readonly read: (path: string) => string;
  readonly stop: () => Promise<void>;
}

interface Status {
  readonly services: readonly {
    readonly service: string;
    readonly state: string;
    readonly processId?: number;
    readonly endpoints: readonly { readonly host: string; readonly port: number; readonly containerPort: number }[];
  }[];
}

const isStatus = (value: unknown): value is Status =>
  typeof value === 'object' && value !== null && 'services' in value && Array.isArray(value.services);

const palisade = (
  root: string,
  args: readonly string[],
  timeout: number,
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'packages', 'palisade', 'bin', 'palisade.js'), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      // In order: what it started is ended first.
      killSignal: 'SIGINT',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

/** Hardens a copy of the bundled stack and brings it up as host processes, as a user does: `harden`, then `bootstrap`. */
export const startHardenedStack = async (): Promise<HardenedStack> => {
  const root = copyWorkspace();
  const stop = async (): Promise<void> => {
    await palisade(root, ['down', 'stack-hardened'], 90_000);
    await discardRuntime(join(root, 'stack-hardened', '.palisade', 'runtime'));
    rmSync(dirname(root), { recursive: true, force: true });
  };
  try {
    const hardened = await palisade(root, ['harden', 'stack', '--out', 'stack-hardened'], 120_000);
    assert.ok(hardened.code === 0 || hardened.code === 1, hardened.stderr);
    const started = await palisade(root, ['bootstrap', 'stack-hardened', '--demo-identity'], 300_000);
    assert.equal(started.code, 0, started.stderr);
    const { stdout } = await palisade(root, ['status', 'stack-hardened', '--json'], 30_000);
    const status: unknown = JSON.parse(stdout);
    assert.ok(isStatus(status));
    return {
      ports: status.services.flatMap(({ service, state, processId, endpoints }) =>
        state === 'running' && processId !== undefined
          ? endpoints.map((endpoint) => ({ service, processId, ...endpoint }))
          : [],
      ),
      read: (path) => readFileSync(join(root, 'stack-hardened', path), 'utf8'),
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
};
