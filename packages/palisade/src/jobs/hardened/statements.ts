import type { Runtime } from '../../contracts/runtime.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { JobContext } from '../context.ts';
import { error } from '../errors.ts';
import { kindOf, statementsOf } from './goal.ts';
import type { OperatorSession } from './vault-access.ts';

/** Carries out what has to hold in the database of a running service; resolves to how many statements changed something. */
export const applyStatements = async (
  stack: Stack,
  service: Service,
  runtime: Runtime,
  operator: OperatorSession,
  context: JobContext,
): Promise<number> => {
  const kind = kindOf(service);
  const statements = statementsOf(stack, service);
  if (statements.length === 0) return 0;
  const apply = kind?.applyStatement;
  if (apply === undefined) throw error('job/statements-not-supported', { service: service.name, kind: service.kind });
  let applied = 0;
  for (const statement of statements) {
    const outcome = await apply(
      statement,
      {
        service,
        exec: (command, input, signal) => runtime.exec(service.name, command, { input, signal }),
        resolveSecret: async ({ secret }) =>
          (await operator.client.kv2().read(secret.path, { signal: context.signal }))?.fields.get(secret.field),
      },
      context.signal,
    );
    if (outcome === 'applied') applied++;
  }
  return applied;
};
