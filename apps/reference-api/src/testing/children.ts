import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** Runs a program to its end and gives what it printed. Rejects where it fails or takes longer than 30 s. */
export const execute = async (
  program: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
): Promise<string> => (await runFile(program, [...args], { timeout: 30_000, ...options })).stdout;

/** A port of the loopback interface that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  return address.port;
};

/** A server that runs beside a test. */
export interface Child {
  readonly process: ChildProcess;
  /** All that it wrote so far, to both streams. */
  readonly output: () => string;
  /** Its exit code, as soon as there is one. */
  readonly exited: Promise<number>;
  /** Asks it to stop, and kills it after three seconds. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number>;
}

/** Starts a program whose whole environment is given. */
export const startChild = (
  program: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly uid?: number;
    readonly gid?: number;
  },
): Child => {
  const child = spawn(program, [...args], { ...options, env: { ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 128));
  });
  return {
    process: child,
    output: () => text,
    exited,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
};

/** Asks again every 50 ms until the answer is true; rejects after `within` milliseconds with the text of `describe`. */
export const until = async (
  ask: () => Promise<boolean> | boolean,
  describe: () => string,
  within = 15_000,
): Promise<void> => {
  const deadline = Date.now() + within;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
