import type { Runtime } from '../contracts/runtime.ts';
import type { Stack } from '../contracts/stack.ts';
import { messageOf } from '../support/errors.ts';
import type { JobContext } from './context.ts';
import { type OperatorSession, openOperatorSession } from './hardened/vault-access.ts';

/** A token of the operator for probes, made when it is first asked for and revoked at the end. */
export const operatorToken = (
  stack: Stack,
  runtime: Runtime,
  context: JobContext,
): { readonly read: () => Promise<string | undefined>; readonly close: () => Promise<void> } => {
  let session: Promise<OperatorSession | undefined> | undefined;
  return {
    read: async () => {
      session ??= openOperatorSession(stack, runtime, context).catch((thrown: unknown) => {
        context.progress(`the operator could not log in to Vault: ${messageOf(thrown)}`);
        return undefined;
      });
      return (await session)?.token.reveal();
    },
    close: async () => {
      await (await session)?.close();
    },
  };
};
