import { type SecretId, type SecretIdInformation, type VaultClient, secretIdOf } from '@palisade/vault';
import { error } from './errors.ts';
import { wrapTtl } from './policy.ts';
import type { StepContext } from './step.ts';

/** The maker's name in the metadata of a secret-id; those of other makers are left alone. */
const maker = 'palisade-bootstrap';

/**
 * Makes a secret-id that leaves the server in a wrapping token, checks that the token holds what was asked for, and takes
 * it out. Nobody between can read it without the unwrapping failing here.
 *
 * @throws `vault-bootstrap/wrapping-intercepted` where the token was made by another request.
 */
export const createSecretId = async (context: StepContext, client: VaultClient, role: string): Promise<SecretId> => {
  const { call, random } = context;
  const generation = Buffer.from(random(12)).toString('hex');
  const wrapped = await client.approle().createWrappedSecretId(role, { maker, generation }, wrapTtl, call);
  const { creationPath } = await client.sys.wrapping.lookup(wrapped.token, call);
  if (creationPath !== `auth/approle/role/${role}/secret-id`)
    throw error('vault-bootstrap/wrapping-intercepted', { service: role, path: creationPath });
  return secretIdOf(await client.sys.wrapping.unwrap(wrapped.token, call));
};

/** True where a third of its life or more is left. One without an end is not good: the role gives it one. */
export const lastsLongEnough = (secretId: SecretIdInformation, now: number): boolean =>
  secretId.expiresAt !== undefined && secretId.expiresAt - now >= (secretId.expiresAt - secretId.createdAt) / 3;

/**
 * Accessors of secret-ids of the role that this maker made and that nobody holds, such as those of a killed run. One that
 * ends soon is left to its end: it may be the one that was just replaced, and a service may still log in with it.
 */
export const abandonedSecretIds = async (
  context: StepContext,
  client: VaultClient,
  role: string,
  heldAccessor: string,
): Promise<readonly string[]> => {
  const accessors = await client.approle().listSecretIds(role, context.call);
  const known = await Promise.all(
    accessors
      .filter((accessor) => accessor !== heldAccessor)
      .map((accessor) => client.approle().lookupSecretId(role, accessor, context.call)),
  );
  return known.flatMap((one) =>
    one?.metadata.get('maker') === maker && lastsLongEnough(one, context.clock.now()) ? [one.accessor] : [],
  );
};
