import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const program = join(import.meta.dirname, '..', 'bin', 'palisade.js');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
};

/** Runs `palisade` as a user would, in a directory, and waits for its end; killed after two minutes, or `timeout`. */
export const palisade = (
  args: readonly string[],
  options: {
    readonly directory: string;
    readonly environment?: Readonly<Record<string, string>>;
    /** Milliseconds. */
    readonly timeout?: number;
    /** Called with the process while it runs. */
    readonly during?: (child: ChildProcess) => void;
  },
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const { PATH = '', HOME = '/' } = process.env;
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.directory,
      env: { PATH, HOME, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeout ?? 120_000,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
    options.during?.(child);
  });

/** A project in a directory of its own, gone at the end. */
export const inProject = async (
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<void>,
): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), 'palisade-project-'));
  const directory = join(root, 'shop');
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    if (!existsSync(directory)) mkdirSync(directory);
    await use(directory);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
