import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../attacked/call.ts';

/** What another client saw while an attack went on. */
export interface Seen {
  readonly asked: number;
  /** Answers that were none, or not 200. */
  readonly failures: readonly string[];
  /** Milliseconds of the slowest answer. */
  readonly worst: number;
}

/** Asks five times a second until the attack is over. */
export const lookOn = async <Result>(
  ask: () => Promise<Answer>,
  attack: () => Promise<Result>,
): Promise<{ readonly seen: Seen; readonly result: Result }> => {
  const failures: string[] = [];
  const over = new AbortController();
  let [asked, worst] = [0, 0];
  const looking = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const started = performance.now();
      asked += 1;
      try {
        const { status, body } = await ask();
        if (status !== 200) failures.push(`${status} ${body}`);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : 'unknown');
      }
      worst = Math.max(worst, performance.now() - started);
      await pause(200);
    }
  };
  const looked = looking();
  try {
    const result = await attack();
    return { seen: { asked, failures, worst: Math.round(worst) }, result };
  } finally {
    over.abort();
    await looked;
  }
};
