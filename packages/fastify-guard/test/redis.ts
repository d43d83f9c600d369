import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

/** A real Redis on a socket of its own, so that no port is taken. */
export interface RedisServer {
  readonly socket: string;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Starts `redis-server`; it and its directory are gone after the test. */
export const startRedis = async (context: TestContext): Promise<RedisServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'guard-redis-'));
  const socket = join(directory, 'redis.sock');
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async (): Promise<void> => {
    await rm(socket, { force: true });
    child = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory], {
      stdio: 'ignore',
    });
    for (let tries = 0; tries < 200; tries++) {
      if (await answers(socket)) return;
      await wait(50);
    }
    throw new Error('redis-server does not answer');
  };
  context.after(async () => {
    await kill();
    await rm(directory, { recursive: true, force: true });
  });
  await start();
  return { socket, kill, start };
};
