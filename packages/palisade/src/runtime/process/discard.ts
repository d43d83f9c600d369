import { rm } from 'node:fs/promises';
import { isRunning } from './processes.ts';
import { readState } from './state.ts';
import { error } from '../errors.ts';

/**
 * Removes what a process runtime keeps: the data of its services, their logs, and the record of them. Refuses where one of them
 * still runs.
 *
 * @throws `runtime/still-running`
 */
export const discardRuntime = async (stateDirectory: string): Promise<void> => {
  const state = readState(stateDirectory);
  const running = Object.entries(state?.processes ?? {}).filter(([, record]) => isRunning(record));
  if (running.length > 0)
    throw error('runtime/still-running', { services: running.map(([service]) => service), directory: stateDirectory });
  if (state !== undefined) await rm(state.dataDirectory, { recursive: true, force: true });
  await rm(stateDirectory, { recursive: true, force: true });
};
