import { type VaultClient, isVaultError } from '@palisade/vault';
import { accessOf } from './access.ts';
import { error } from './errors.ts';
import type { OperatorCredential } from './key-store.ts';
import { operatorRole } from './policy.ts';
import { abandonedSecretIds, createSecretId, lastsLongEnough } from './secret-ids.ts';
import type { Step, StepContext } from './step.ts';

/** Paths of which a token may do less than its rules say. */
const lacking = async (context: StepContext, client: VaultClient): Promise<readonly string[]> => {
  const rules = accessOf(context.goal).find(({ role }) => role === operatorRole)?.rules ?? [];
  const capabilities = await client.sys.capabilitiesSelf(
    rules.map((rule) => rule.path),
    context.call,
  );
  return rules
    .filter((rule) => !rule.capabilities.every((one) => capabilities.get(rule.path)?.includes(one)))
    .map((rule) => rule.path);
};

/**
 * Proves that a credential of the operator logs in, and that its token may do all that the operator needs.
 *
 * @throws `vault-bootstrap/operator-lacks` with the paths that it may not use.
 */
const prove = async (context: StepContext, client: VaultClient, credential: OperatorCredential): Promise<void> => {
  const { token } = await client.approle().login(credential.roleId, credential.secretId, context.call);
  const operator = client.withToken(token);
  const paths = await lacking(context, operator);
  await operator.token.revokeSelf(context.call);
  if (paths.length > 0) throw error('vault-bootstrap/operator-lacks', { paths });
};

/** The operator's own login, kept in the state directory and renewed when a third of its life is left. */
export const operatorLogin: Step = {
  name: 'operator',
  missing: async (context, client) => {
    const { call, clock, store } = context;
    const credential = await store.operator();
    const known =
      credential === undefined
        ? undefined
        : await client.approle().identifySecretId(operatorRole, credential.secretId, call);
    const roleId = await client.approle().readRoleId(operatorRole, call);
    if (
      credential === undefined ||
      known === undefined ||
      credential.roleId !== roleId ||
      !lastsLongEnough(known, clock.now())
    )
      return [
        {
          title: 'make the login of the operator',
          by: 'operator',
          run: async (acting) => {
            const { secretId, accessor } = await createSecretId(context, acting, operatorRole);
            await store.writeOperator({ roleId: roleId ?? '', secretId, accessor });
          },
        },
      ];
    try {
      await prove(context, client, credential);
    } catch (thrown) {
      if (isVaultError(thrown, 'vault/invalid-credentials'))
        throw error('vault-bootstrap/operator-lost', { why: thrown.message }, thrown);
      throw thrown;
    }
    const abandoned = await abandonedSecretIds(context, client, operatorRole, known.accessor);
    return abandoned.map((accessor) => ({
      title: 'destroy an abandoned secret-id of the operator',
      by: 'operator',
      run: (acting) => acting.approle().destroySecretId(operatorRole, accessor, call),
    }));
  },
};
