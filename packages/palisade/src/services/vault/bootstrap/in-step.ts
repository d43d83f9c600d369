import { VaultError } from '@palisade/vault';
import { error } from './errors.ts';

/**
 * Runs, and names the step where a request failed. Errors that have a code of their own pass.
 *
 * @throws `vault-bootstrap/request-failed`
 */
export const inStep = async <T>(step: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof VaultError)) throw thrown;
    throw error('vault-bootstrap/request-failed', { step, why: thrown.message, next: thrown.next }, thrown);
  }
};
