import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Secret, VaultError, type VaultErrorCode } from '../src/index.ts';

/**
 * Asserts that a call fails with a code and a next step, and that nothing of the error, to any depth, shows a canary: a
 * text with that word, or one of the secrets. Gives the error.
 */
export const failsWith = async (
  call: Promise<unknown>,
  code: VaultErrorCode,
  ...secrets: readonly Secret[]
): Promise<VaultError> => {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof VaultError, `expected ${code}, got ${inspect(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  assert.notEqual(thrown.next, '');
  const shown = inspect(thrown, { depth: 10, showHidden: true });
  assert.doesNotMatch(shown, /canary/);
  for (const secret of secrets) assert.equal(shown.includes(secret.reveal()), false);
  return thrown;
};
