import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pinned } from './pinned.ts';
import type { Job, Load } from './load.ts';

/** The load generator, in a process of its own on a processor of its own. */
export interface ClientProcess {
  readonly work: (job: Job) => Promise<Load>;
  readonly stop: () => Promise<void>;
}

const isLoad = (message: unknown): message is Load =>
  typeof message === 'object' && message !== null && 'answers' in message && 'perSecond' in message;

/** Starts it. */
export const startClient = (): ClientProcess => {
  const [execPath, ...execArgv] = pinned('client', [process.execPath, '--conditions=palisade-source']);
  const child = fork(join(import.meta.dirname, 'client.ts'), [], { execPath, execArgv });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the load generator ended')));
  // Told to whoever waits for a load at that time.
  ended.catch(() => undefined);
  return {
    work: async (job) => {
      const answer = once(child, 'message', { signal: AbortSignal.timeout((job.seconds + 30) * 1000) });
      child.send(job);
      const [message]: unknown[] = await Promise.race([answer, ended]);
      if (!isLoad(message)) throw new Error('the load generator answered with no load');
      return message;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
};
