import type { Database } from '../database/database.ts';
import { StartError, messageOf } from '../errors.ts';
import type { HttpServer } from '../http/application.ts';
import type { OpenNeighbour } from '../neighbours.ts';
import { type Service, drain } from '../service.ts';

/** Opens with credentials that were read once; what keeps them from being read ends the start. */
export const atStart = async <Opened>(what: string, open: () => Promise<Opened>): Promise<Opened> => {
  try {
    return await open();
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError('vault/credentials-unusable', `the credentials of ${what}: ${messageOf(error)}`, error);
  }
};

/** Milliseconds for which a start waits for what may also come later. */
const mostPatience = 5_000;

/** Waits for what the service works better with, a bounded time: where it does not come, the start goes on, and `failed` is told why. */
export const settleWithin = async (
  coming: Promise<unknown> | undefined,
  failed: (error: unknown) => void,
): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${mostPatience} ms`)), mostPatience);
  });
  try {
    await Promise.race([coming, tooLate]);
  } catch (error) {
    failed(error);
  } finally {
    clearTimeout(timer);
  }
};

/** What tells whether the neighbours answer, by name. */
export const checksOf = (neighbours: readonly OpenNeighbour[]): Record<string, () => Promise<void>> =>
  Object.fromEntries(neighbours.map(({ name, check }) => [name, check]));

/** Reads all credentials again. */
export const refreshAll = async (database: Database, neighbours: readonly OpenNeighbour[]): Promise<void> => {
  await Promise.all([database, ...neighbours].map(({ refresh }) => refresh()));
};

/** The running service: what it opened is closed in reverse order, after the requests that use it. */
export const serviceOf = (
  http: HttpServer,
  port: number,
  opened: AsyncDisposableStack,
  members: { readonly startDraining: () => void; readonly reload: () => Promise<void> },
): Service => ({
  port,
  reload: members.reload,
  stop: (within) => {
    members.startDraining();
    return drain(http, () => opened.disposeAsync(), within);
  },
});
