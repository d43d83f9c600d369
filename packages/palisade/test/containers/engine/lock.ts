import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, markOf } from './processes.ts';

/**
 * Runs the call while no other process does so under the same path. A lock whose holder has died is taken over.
 *
 * @throws Error where another process holds it for longer than `timeout` milliseconds
 */
export const exclusively = async <T>(path: string, timeout: number, call: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + timeout;
  for (;;)
    try {
      writeFileSync(path, markOf(process.pid), { flag: 'wx', mode: 0o600 });
      break;
    } catch {
      let holder = '';
      try {
        holder = readFileSync(path, 'utf8');
      } catch {
        continue; // Given back between the two looks.
      }
      // An empty mark is one that is being written.
      if (holder !== '' && !isAlive(holder)) rmSync(path, { force: true });
      else if (Date.now() > deadline) throw new Error(`${path} is held by process ${holder} for too long`);
      else await sleep(200);
    }
  try {
    return await call();
  } finally {
    rmSync(path, { force: true });
  }
};
