import { spawn } from 'node:child_process';

/** How to run a program. Secrets go in through `input` or a file, never through arguments. */
export interface ExecOptions {
  /** Text for standard input, which is closed after it. */
  readonly input?: string;
  /** The whole environment of the child; nothing is inherited. Defaults to PATH, HOME and LANG of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds until the child is killed. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Bytes kept of each stream; the rest is read and dropped. 4 MiB where absent. */
  readonly limit?: number;
}

/** The end of a program. */
export interface ExecOutcome {
  /** Exit code; 128 + signal number where a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** The environment of a child that needs nothing special. */
export const plainEnvironment = (): Record<string, string> => {
  const { PATH = '/usr/bin:/bin', HOME = '/', LANG = 'C.UTF-8' } = process.env;
  return { PATH, HOME, LANG };
};

/**
 * Runs a program to its end. Resolves whatever its exit code; rejects where it cannot be started or the signal is
 * aborted. The child and everything in its process group is killed at the bound.
 */
export const run = (program: string, args: readonly string[], options: ExecOptions): Promise<ExecOutcome> =>
  new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const limit = options.limit ?? 4 * 1024 * 1024;
    const child = spawn(program, args, {
      env: { ...(options.environment ?? plainEnvironment()) },
      ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let truncated = false;
    let timedOut = false;
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
    };
    const collect = (stream: NodeJS.ReadableStream): (() => string) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        if (size + chunk.length <= limit) chunks.push(chunk);
        else truncated = true;
        size += chunk.length;
      });
      return () => Buffer.concat(chunks).toString('utf8');
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeout);
    const abort = (): void => kill();
    options.signal?.addEventListener('abort', abort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      if (options.signal?.aborted) reject(options.signal.reason);
      else
        resolve({
          exitCode: code ?? (signal === 'SIGKILL' ? 137 : 143),
          stdout: stdout(),
          stderr: stderr(),
          truncated,
          timedOut,
        });
    });
    // A child that exits before it has read everything closes the pipe; its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
