import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pinned } from './pinned.ts';

/** A server that is being measured, in a process of its own. */
export interface ServerProcess {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  /** Seconds of processor time, user and system, of all its threads until now. */
  readonly cpuSeconds: () => number;
  readonly stop: () => Promise<void>;
}

/** How a server is started. */
export interface ServerCommand {
  /** The command; the port comes after it, and then `after`. */
  readonly command: readonly string[];
  readonly after: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly tls: boolean;
}

/** Linux counts processor time for /proc in hundredths of a second (USER_HZ, proc_pid_stat(5)). */
const ticksPerSecond = 100;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
};

const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(join('/proc', String(pid), 'stat'), 'utf8');
  // The name of the program, in parentheses, can hold spaces: the third field is the first after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

const listens = async (child: ChildProcess, port: number): Promise<void> => {
  for (let waited = 0; waited < 300; waited += 1) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('a server of the bench ended at its start');
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await setTimeout(100);
  }
  throw new Error('a server of the bench did not listen within 30 seconds');
};

/** Starts a server on its processor and waits until it listens. */
export const startServer = async ({ command, after, environment, tls }: ServerCommand): Promise<ServerProcess> => {
  const port = await freePort();
  const [program, ...rest] = pinned('server', [...command, String(port), ...after]);
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', ...environment },
  });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} did not start`);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  try {
    await listens(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, cpuSeconds: () => cpuSecondsOf(pid), stop };
};
